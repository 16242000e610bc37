// Package timeline serves TimelineService: all that happened between a customer and the company, whichever service it
// happened in. It hears what the services say and keeps what of it a customer or an agent would want to read; nothing
// personal is in it, so that nothing has to be erased.
package timeline

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/live"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements TimelineService and keeps the timelines.
type Service struct {
	customerv1.UnimplementedTimelineServiceServer
	db   *sqldb.DB
	live live.Hub
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, live: deps.Live} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "timeline",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterTimelineServiceServer(r, s) },
		Events:   s.events(),
	}
}

const collection = "/timelineEntries/"
