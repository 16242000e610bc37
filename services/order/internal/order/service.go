// Package order serves OrderService: what customers order, and the delivery promise that comes with it.
package order

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/payment"
	"kept.dev/services/order/internal/tracking"
)

// Service implements OrderService.
type Service struct {
	orderv1.UnimplementedOrderServiceServer
	db       *sqldb.DB
	clock    clock.Clock
	outbox   *outbox.Outbox
	payments *payment.Service
	steps    *tracking.Service
	peer     func(service string) grpc.ClientConnInterface
	// number draws the number of a new order.
	number func() string
}

// New makes the service.
func New(deps kit.Deps, payments *payment.Service, steps *tracking.Service) *Service {
	return &Service{
		db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, payments: payments, steps: steps, peer: deps.Peer, number: newNumber,
	}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "order",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterOrderServiceServer(r, s) },
		Events:   s.events(),
	}
}

// customers is the client of the customer service.
func (s *Service) customers() customerv1.CustomerServiceClient {
	return customerv1.NewCustomerServiceClient(s.peer("customer"))
}

const collection = "orders/"
