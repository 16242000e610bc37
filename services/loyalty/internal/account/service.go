// Package account serves AccountService: customers' points, a ledger of double entry that is only added to.
package account

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/reference"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// Service implements AccountService.
type Service struct {
	loyaltyv1.UnimplementedAccountServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	peer   func(service string) grpc.ClientConnInterface

	references *reference.Checker
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{
		db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, peer: deps.Peer, references: reference.New(deps.Peer),
	}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "account",
		Register: func(r grpc.ServiceRegistrar) { loyaltyv1.RegisterAccountServiceServer(r, s) },
		Events:   s.events(),
	}
}

// customers is the client of the customer service.
func (s *Service) customers() customerv1.CustomerServiceClient {
	return customerv1.NewCustomerServiceClient(s.peer("customer"))
}

// mainProgram is there from the beginning. Every customer that is known has an account in it.
const mainProgram = "main"
