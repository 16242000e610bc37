package promise

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onPromiseMade enters a promise in the book and starts to watch it, unless its answer has come before it.
func (s *Service) onPromiseMade(ctx context.Context, tx *sqldb.Tx, e event.Event, made *promisev1.PromiseMade) error {
	open, err := enter(tx, e, made)
	if err != nil || !open {
		return err
	}
	id := idOf(made.GetPromise())
	atRisk.Set(ctx, tx, id, made.GetAtRiskTime().AsTime(), nil)
	due.Set(ctx, tx, id, made.GetDueTime().AsTime(), nil)
	s.count(ctx, made.GetKind().String(), "MADE")
	return nil
}
