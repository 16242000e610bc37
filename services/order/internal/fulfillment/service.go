// Package fulfillment serves FulfillmentService: an order's way to the customer.
package fulfillment

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/tracking"
)

// Service implements FulfillmentService.
type Service struct {
	orderv1.UnimplementedFulfillmentServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	orders *order.Service
	steps  *tracking.Service
}

// New makes the service.
func New(deps kit.Deps, orders *order.Service, steps *tracking.Service) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, orders: orders, steps: steps}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "fulfillment",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterFulfillmentServiceServer(r, s) },
	}
}

// deliveryOptions are the ways of delivery as callers see them. They are the company's, and open to everybody.
var deliveryOptions = resource.Of(deliveryOptionRows)
