// Package order serves OrderService: what customers order, and the delivery promise that comes with it.
package order

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/inbox"
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
}

// New makes the service.
func New(deps kit.Deps, payments *payment.Service, steps *tracking.Service) *Service {
	return &Service{
		db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, payments: payments, steps: steps, peer: deps.Peer,
	}
}

// customers is the client of the customer service.
func (s *Service) customers() customerv1.CustomerServiceClient {
	return customerv1.NewCustomerServiceClient(s.peer("customer"))
}

// Events are the facts that orders react to.
func (s *Service) Events() []inbox.Handler {
	return []inbox.Handler{inbox.On(s.onCustomerCreated), inbox.On(s.onPromiseAtRisk), inbox.On(s.onPromiseDue)}
}

const collection = "orders/"
