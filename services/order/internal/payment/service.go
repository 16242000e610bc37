// Package payment serves PaymentService: money that comes and goes.
package payment

import (
	"context"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/inbox"
	"kept.dev/kit/money"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements PaymentService.
type Service struct {
	orderv1.UnimplementedPaymentServiceServer
	db      *sqldb.DB
	clock   clock.Clock
	outbox  *outbox.Outbox
	settler Settler
}

// New makes the service. Everything is settled by invoice.
func New(deps kit.Deps) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, settler: invoice{db: deps.DB, clock: deps.Clock}}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "payment",
		Register: func(r grpc.ServiceRegistrar) { orderv1.RegisterPaymentServiceServer(r, s) },
		Events:   []inbox.Handler{inbox.On("payment.promise-due", s.onPromiseDue)},
		Timers:   func(w *timer.Worker) { w.HandleOutside(settle, s.settleRefund) },
	}
}

// Settler moves money back to a customer. It may be asked for the same key again and again, by several processes
// at once, and moves the money once.
type Settler interface {
	// Credit gives the amount back for the order and returns the reference under which it can be found.
	Credit(ctx context.Context, key, order string, amount money.Amount) (reference string, err error)
}

// settle is the timer that settles a refund, keyed by the refund.
var settle = timer.Outside("refund.settle")
