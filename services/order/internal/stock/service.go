// Package stock serves StockService: how much there is of what is sold, and for whom it is held.
package stock

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements StockService.
type Service struct {
	orderv1.UnimplementedStockServiceServer
	db *sqldb.DB
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "stock",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterStockServiceServer(r, s) },
	}
}
