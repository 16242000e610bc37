// Package insight serves InsightService: what the company can learn from what its customers have bought. It hears of orders,
// keeps of each what counts, and counts by customer whatever it hears.
package insight

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/inbox"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements InsightService.
type Service struct {
	customerv1.UnimplementedInsightServiceServer
	db *sqldb.DB
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "insight",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterInsightServiceServer(r, s) },
		Events: []inbox.Handler{
			inbox.OnAll("insight.order-placed", s.onOrdersPlaced), inbox.OnAll("insight.order-delivered", s.onOrdersDelivered),
			inbox.OnAll("insight.order-cancelled", s.onOrdersCancelled), inbox.OnAll("insight.order-returned", s.onOrdersReturned),
			inbox.OnAll("insight.orders-imported", s.onOrdersImported),
			inbox.OnAll("insight.imported-orders-removed", s.onImportedOrdersRemoved),
		},
	}
}

const (
	customers = "customers/"
	orders    = "orders/"
)
