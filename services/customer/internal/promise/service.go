// Package promise serves PromiseService: the promise book. Whoever makes a promise writes PromiseMade in its own
// transaction and answers Kept or Broken from its own rows. The book decides when: it warns, it asks, and
// it reports who does not answer. Promises that people make over the API are its own, and it answers for them.
package promise

import (
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/reference"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements PromiseService and keeps the book.
type Service struct {
	customerv1.UnimplementedPromiseServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	facts  metric.Int64Counter
	// references finds out whether what a promise is about is there.
	references *reference.Checker
}

// New makes the service.
func New(deps kit.Deps) (*Service, error) {
	facts, err := deps.Meter.Int64Counter("kept_promises_total",
		metric.WithDescription("Facts about promises taken into the book, by kind of promise and state"))
	if err != nil {
		return nil, err
	}
	s := &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, facts: facts, references: reference.New(deps.Peer)}
	return s, s.observe(deps.Meter)
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "promise",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterPromiseServiceServer(r, s) },
		Events:   s.events(),
		Timers: func(w *timer.Worker) {
			w.Handle(atRisk, s.whenAtRisk)
			w.Handle(due, s.whenDue)
			w.Handle(unanswered, s.whenUnanswered)
		},
	}
}

// The book's timers, keyed by the promise's id.
var (
	atRisk     = timer.Local("promise.at_risk")
	due        = timer.Local("promise.due")
	unanswered = timer.Local("promise.unanswered")
)

// promises are the promises as callers see them. One of which only the answer is known yet is no promise to anybody who asks.
var promises = resource.Of(promiseRows, resource.Owner("customer"), resource.Where("made is not null"),
	resource.Sortable("create_time"), resource.Order("create_time desc"),
	resource.Filterable("due_time", "customer", "about", "service", "state", "breach_cause", "kind"))

const collection = "promises/"
