package message

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

const markRead = `
	update message set read = coalesce(read, $3) where id = $1 and customer = $2
	returning ` + columns

// MarkMessageRead notes when the customer first read a message.
//
// Errors: NOT_FOUND for an unknown message, and for another's.
func (s *Service) MarkMessageRead(ctx context.Context, req *notificationv1.MarkMessageReadRequest) (*notificationv1.Message, error) {
	id, now := idOf(req.GetName()), micros(s.clock.Now())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*notificationv1.Message, error) {
		answers, err := tx.Batch(append(details(id), sqldb.Q(markRead, id, access.ScopeOf(ctx).Customer, now))...)
		if err != nil {
			return nil, err
		}
		last := len(answers) - 1
		m, err := sqldb.One(answers[last], scan)
		if errors.Is(err, sqldb.ErrNoRow) {
			return nil, errs.NotFound(req.GetName())
		}
		if err != nil {
			return nil, err
		}
		if err := add([]row{m}, answers[:last]); err != nil {
			return nil, err
		}
		s.link(ctx, m)
		return m.Message, nil
	})
}
