// Package catalog serves CatalogService: what is sold.
package catalog

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements CatalogService.
type Service struct {
	orderv1.UnimplementedCatalogServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "catalog",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterCatalogServiceServer(r, s) },
	}
}

const collection = "products/"
