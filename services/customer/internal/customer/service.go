// Package customer serves CustomerService: who the customers are.
package customer

import (
	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements CustomerService.
type Service struct {
	customerv1.UnimplementedCustomerServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox}
}

const collection = "customers/"
