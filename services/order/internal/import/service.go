// Package imports serves ImportService: it takes in what another system knew of customers and their orders.
//
// A file is written to the database in parts and read from there some hundred rows at a time. Each step asks the customer
// service who the customers are, and then writes the orders, their fact, and how far it has come, in one transaction: a
// process that dies leaves the file where the last step has left it.
package imports

import (
	"context"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/localcopy"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements ImportService.
type Service struct {
	orderv1.UnimplementedImportServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	behind func(context.Context) (int64, error)
	peer   func(service string) grpc.ClientConnInterface
	// company has the time zone, the currency and the region of files that say none.
	company *localcopy.Company
}

// New makes the service.
func New(deps kit.Deps, company *localcopy.Company) *Service {
	return &Service{
		db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, behind: deps.Behind, peer: deps.Peer, company: company,
	}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "import",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterImportServiceServer(r, s) },
		Timers: func(w *timer.Worker) {
			w.HandleOutside(nextStep, s.step)
			w.Handle(abandoned, s.whenAbandoned)
			w.Handle(sweep, s.whenSwept)
		},
	}
}

// customers is the client of the customer service.
func (s *Service) customers() customerv1.CustomerServiceClient {
	return customerv1.NewCustomerServiceClient(s.peer("customer"))
}

var (
	// nextStep takes the next rows of a running import in. It asks the customer service.
	nextStep = timer.Outside("import.step")
	// abandoned calls an import off that nobody has started.
	abandoned = timer.Local("import.abandoned")
	// sweep forgets which rows an ended import has met, some thousand at a time.
	sweep = timer.Local("import.sweep")
)

const collection = "imports/"
