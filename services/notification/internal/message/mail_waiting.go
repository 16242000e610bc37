package message

import (
	"context"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/contact"
)

const selectWaiting = `
	select message.id from message join delivery on delivery.message_id = message.id
	where message.customer = $1 and delivery.channel = $2 and delivery.state = $3
	order by message.created, message.id`

// mailWaiting has the mails go out that have waited until their customer's address was confirmed.
//
// It runs after the confirmation was written down. A message that is written at the same moment has a timer of its own, which finds
// the address confirmed; and one whose timer ends at the same moment, having found it unconfirmed, gets it anew.
func (s *Service) mailWaiting(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	rows, err := tx.Query(selectWaiting, contact.CustomerOf(t.Key), mailChannel, int64(notificationv1.Message_PENDING))
	if err != nil {
		return err
	}
	waiting, err := sqldb.All(rows, func(r *sqldb.Rows) (id string, err error) { return id, r.Scan(&id) })
	for _, id := range waiting {
		sending.Set(ctx, tx, id+mailKey, s.clock.Now(), nil)
	}
	return err
}
