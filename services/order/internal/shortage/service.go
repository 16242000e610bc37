// Package shortage serves ShortageService: what happens when something that was ordered is not there. The customer is told at
// once and chooses; what they choose is carried out in the same step.
package shortage

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/tracking"
)

// Service implements ShortageService.
type Service struct {
	orderv1.UnimplementedShortageServiceServer
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
		Name:     "shortage",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterShortageServiceServer(r, s) },
		Timers:   func(w *timer.Worker) { w.Handle(byDefault, s.whenUnanswered) },
	}
}

// byDefault is the timer of the time until which the customer can answer, keyed by the shortage's id. An answer does not take
// it back: whoever answers would wait for a worker that is about to carry it out, who waits for the order in turn. It finds
// nothing to do then.
var byDefault = timer.Local("shortage.default")
