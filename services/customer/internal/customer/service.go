// Package customer serves CustomerService: who the customers are.
package customer

import (
	"strings"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/keyring"
	"kept.dev/kit/outbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements CustomerService.
type Service struct {
	customerv1.UnimplementedCustomerServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	signer *keyring.Signer
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, signer: deps.Signer}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "customer",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterCustomerServiceServer(r, s) },
		Events:   s.events(),
	}
}

// Customers are the customers as callers see them; other capabilities keep theirs under them. Whose they are, the contract's rules
// say by a field.
var Customers = resource.Of(customerRows,
	resource.Sortable("create_time"), resource.Filterable("language_code", "region_code", "customer_class"), resource.Order("create_time desc"))

func idOf(name string) string { return strings.TrimPrefix(name, "customers/") }
