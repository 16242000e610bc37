// Package cases serves CaseService: every request that comes in, and the promise that a person replies to it.
package cases

import (
	"log/slog"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/reference"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// Service implements CaseService.
type Service struct {
	supportv1.UnimplementedCaseServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	log    *slog.Logger
	peer   func(service string) grpc.ClientConnInterface

	references *reference.Checker
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{
		db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, log: deps.Log, peer: deps.Peer, references: reference.New(deps.Peer),
	}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "case",
		Register: func(r grpc.ServiceRegistrar) { supportv1.RegisterCaseServiceServer(r, s) },
		Events:   s.events(),
		Timers:   func(w *timer.Worker) { w.HandleOutside(interim, s.giveInterimReply) },
	}
}

// interim is the timer that gives a new case its interim reply, keyed by the case's id.
var interim = timer.Outside("case.interim")

// customers is the client of the customer service.
func (s *Service) customers() customerv1.CustomerServiceClient {
	return customerv1.NewCustomerServiceClient(s.peer("customer"))
}

// orders is the client of the order service.
func (s *Service) orders() orderv1.OrderServiceClient {
	return orderv1.NewOrderServiceClient(s.peer("order"))
}

const (
	collection = "cases/"
	// owner is what this service is called in the promises that it makes.
	owner = "support"
)

// Queues that there always are.
const (
	frontQueue = "queues/front"
	dutyQueue  = "queues/duty" // of those who are at work now, whatever the hour
)
