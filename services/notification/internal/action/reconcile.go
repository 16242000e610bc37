package action

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// reconcileAction finds out what became of an action that was begun and not ended, because its process died. It only asks: what
// was not carried out by then is for the customer to press again.
func (s *Service) reconcileAction(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	message, choice, _ := strings.Cut(t.Key, "_")
	rows, err := s.db.Query(ctx, selectAction, message, choice)
	if err != nil {
		return nil, err
	}
	a, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) || err == nil && a.taken != nil {
		return func(context.Context, *sqldb.Tx) error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	shortage, err := s.shortages().GetShortage(ctx, &orderv1.GetShortageRequest{Name: a.subject})
	if err != nil {
		return nil, fmt.Errorf("ask the order service what became of an action: %w", err)
	}
	return func(ctx context.Context, tx *sqldb.Tx) error {
		if a.done(shortage) {
			return s.markTaken(ctx, tx, a)
		}
		tx.Exec(unclaim, a.message, a.choice)
		return nil
	}, nil
}

// done tells whether what the customer wanted is what happened to the shortage, by their own answer.
func (a *action) done(shortage *orderv1.Shortage) bool {
	return shortage.GetState() == orderv1.Shortage_ANSWERED && shortage.GetChoice().String() == a.choice &&
		shortage.GetAnsweredBy().GetPrincipal() == a.customer
}
