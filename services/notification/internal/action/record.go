package action

import (
	"context"

	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/message"
)

// record writes down that an action was carried out, and says it, once. It returns the action as it stands then.
//
// It has a transaction of its own: among those who share one, a claim that saw the action open could set its timer after it was
// ended here.
func (s *Service) record(ctx context.Context, a *action) (taken *action, err error) {
	err = s.db.Background().Update(ctx, "action.record", func(tx *sqldb.Tx) error {
		if err := s.markTaken(ctx, tx, a); err != nil {
			return err
		}
		taken, err = read(tx, a)
		return err
	})
	return taken, err
}

func (s *Service) markTaken(ctx context.Context, tx *sqldb.Tx, a *action) error {
	now := s.clock.Now()
	rows, err := tx.Batch(sqldb.Q(take, a.message, a.choice, now.UnixMicro()).Refuse("action_taken_once", errSuperseded))
	if err != nil || rows[0].Len() == 0 { // somebody else has recorded it
		return err
	}
	message.Decide(tx, a.subject, now)
	reconcile.Cancel(tx, a.key())
	next, err := tx.Query(nextVersion, a.message)
	if err != nil {
		return err
	}
	version, err := sqldb.One(next, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	if err != nil {
		return err
	}
	return s.outbox.Append(ctx, tx, "messages/"+a.message, version, &notificationv1.ActionTaken{
		Message: "messages/" + a.message, Customer: a.customer, About: a.about, Choice: a.choice,
	})
}

// giveUp takes the claim back of what can't be carried out, and notes where the subject is decided.
func (s *Service) giveUp(ctx context.Context, a *action, decided bool) error {
	return s.db.Background().Update(ctx, "action.give_up", func(tx *sqldb.Tx) error {
		tx.Exec(unclaim, a.message, a.choice)
		if decided {
			message.Decide(tx, a.subject, s.clock.Now())
		}
		reconcile.Cancel(tx, a.key())
		return nil
	})
}
