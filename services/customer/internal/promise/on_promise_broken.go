package promise

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onPromiseBroken notes that the owner broke its promise, and says what is owed for that.
//
// It is said once: a promise becomes BROKEN only while it has no answer, and a broken one leaves that state for KEPT alone,
// from which nothing leads back. So the row that turned BROKEN just now is the only one to say it, whichever facts came
// before or come after, and how often.
func (s *Service) onPromiseBroken(ctx context.Context, tx *sqldb.Tx, e event.Event, broken *promisev1.PromiseBroken) error {
	a := answer{
		promise: broken.GetPromise(), customer: broken.GetCustomer(), about: broken.GetAbout(),
		state: customerv1.Promise_BROKEN, at: e.Time, kind: broken.GetKind(),
	}
	news, err := writeNews(tx, a)
	if err != nil {
		return err
	}
	s.resolved(ctx, tx, a)
	if !news {
		return nil
	}
	policy, err := s.policy(tx, broken.GetKind())
	if err != nil {
		return err
	}
	return s.outbox.Put(ctx, tx, broken.GetPromise(), versionRemedy, remedyOf(broken, e.Source, policy))
}
