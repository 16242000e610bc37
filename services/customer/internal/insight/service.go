// Package insight serves InsightService: what the company can learn from what its customers have bought. It hears of orders,
// keeps of each what counts, and counts by customer whatever it hears.
package insight

import (
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

// Events are the facts by which purchases are known. They commute, and heard again they change nothing.
func (s *Service) Events() []inbox.Handler {
	return []inbox.Handler{
		inbox.On(s.onOrderPlaced), inbox.On(s.onOrderDelivered), inbox.On(s.onOrderCancelled), inbox.On(s.onOrderReturned),
		inbox.On(s.onOrdersImported),
	}
}

const (
	customers = "customers/"
	orders    = "orders/"
)
