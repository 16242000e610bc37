package promise

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onPromiseKept notes that the owner kept its promise. Kept wins over Broken: the owner says it by the time of the fact,
// and the fact may have been told to it late.
func (s *Service) onPromiseKept(ctx context.Context, tx *sqldb.Tx, _ event.Event, kept *promisev1.PromiseKept) error {
	a := answer{
		promise: kept.GetPromise(), customer: kept.GetCustomer(), about: kept.GetAbout(),
		state: customerv1.Promise_KEPT, at: kept.GetKeepTime().AsTime(), kind: kept.GetKind(),
	}
	writeAnswer(tx, a)
	s.resolved(ctx, tx, a)
	return nil
}

// onPromiseReleased notes that the promise does not stand any more.
func (s *Service) onPromiseReleased(
	ctx context.Context, tx *sqldb.Tx, e event.Event, released *promisev1.PromiseReleased,
) error {
	a := answer{
		promise: released.GetPromise(), customer: released.GetCustomer(), about: released.GetAbout(),
		state: customerv1.Promise_RELEASED, at: e.Time, kind: released.GetKind(),
	}
	writeAnswer(tx, a)
	s.resolved(ctx, tx, a)
	return nil
}

// answer is what an owner says of its promise in the end.
type answer struct {
	promise, customer, about string
	state                    customerv1.Promise_State
	at                       time.Time
	kind                     promisev1.PromiseKind
}

// resolved stops watching a promise that has its answer.
func (s *Service) resolved(ctx context.Context, tx *sqldb.Tx, a answer) {
	id := idOf(a.promise)
	atRisk.Cancel(tx, id)
	due.Cancel(tx, id)
	unanswered.Cancel(tx, id)
	s.count(ctx, tx, a.kind, a.state.String())
}

// count counts a fact when it is in the book: what is rolled back comes again.
func (s *Service) count(ctx context.Context, tx *sqldb.Tx, kind promisev1.PromiseKind, state string) {
	tx.AfterCommit(func() {
		s.facts.Add(ctx, 1, metric.WithAttributes(attribute.String("kind", kind.String()), attribute.String("state", state)))
	})
}
