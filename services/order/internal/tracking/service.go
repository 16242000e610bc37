// Package tracking serves TrackingService: where an order is, as a list and as a stream.
package tracking

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/live"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements TrackingService, and writes down the steps that it shows.
type Service struct {
	orderv1.UnimplementedTrackingServiceServer
	db   *sqldb.DB
	live live.Hub
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, live: deps.Live} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "tracking",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterTrackingServiceServer(r, s) },
	}
}
