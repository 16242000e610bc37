package promise

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onPromiseMade enters a promise in the book and starts to watch it. Its answer may have come before it; the timer is set all
// the same and finds nothing to do, so that a hundred promises are entered in one round trip.
func (s *Service) onPromiseMade(ctx context.Context, tx *sqldb.Tx, e event.Event, made *promisev1.PromiseMade) error {
	var policy *customerv1.PromisePolicy
	if made.GetWarningTime() == nil {
		var err error
		if policy, err = s.policy(tx, made.GetKind()); err != nil {
			return err
		}
	}
	risk := atRiskTime(made, policy)
	if err := enter(tx, e, made, risk); err != nil {
		return err
	}
	atRisk.Set(ctx, tx, idOf(made.GetPromise()), risk, nil)
	s.count(ctx, tx, made.GetKind(), "MADE")
	return nil
}
