package promise

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onPromiseMade enters a promise in the book and starts to watch it. Its answer may have come before it; the timer is set all
// the same and finds nothing to do, so that a hundred promises are entered in one round trip.
func (s *Service) onPromiseMade(ctx context.Context, tx *sqldb.Tx, e event.Event, made *promisev1.PromiseMade) error {
	if err := enter(tx, e, made); err != nil {
		return err
	}
	atRisk.Set(ctx, tx, idOf(made.GetPromise()), made.GetAtRiskTime().AsTime(), nil)
	s.count(ctx, made.GetKind().String(), "MADE")
	return nil
}
