package message

import (
	"context"
	"strings"
	"unicode/utf8"

	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

const mailChannel = int64(notificationv1.Message_EMAIL)

const markSending = `
	update delivery set state = 2 where message_id = $1 and channel = $2 and state in (1, 2)
	returning state`

const insertAttempt = `
	insert into attempt (message_id, channel, number, started, outcome, answer) values ($1, $2, $3, $4, 2, '')`

// begin writes down that a try begins, after the given number of tries. Had another process begun the same try
// meanwhile, the key would refuse it here. begun is false where the delivery has come to its end.
func (s *Service) begin(ctx context.Context, id string, tries int) (begun bool, err error) {
	now := micros(s.clock.Now())
	err = s.db.Update(ctx, "message.begin", func(tx *sqldb.Tx) error {
		endAttempt(tx, id, tries, now, notificationv1.Message_UNKNOWN, answerCutOff)
		rows, err := tx.Query(markSending, id, mailChannel)
		if begun = err == nil && rows.Len() > 0; !begun {
			return err
		}
		tx.Exec(insertAttempt, id, mailChannel, tries+1, now)
		return nil
	})
	return begun, err
}

// closeAttempt ends a try that was not ended before.
const closeAttempt = `
	update attempt set ended = $4, outcome = $5, answer = $6
	where message_id = $1 and channel = $2 and number = $3 and ended is null
	returning number`

func endAttempt(tx *sqldb.Tx, id string, try int, now int64, outcome notificationv1.Message_State, answer string) {
	tx.Exec(closeAttempt, id, mailChannel, try, now, int64(outcome), storable(answer))
}

// tryLater ends a try after which there is another. It is written down even when the process is told to stop.
func (s *Service) tryLater(ctx context.Context, id string, try int, outcome notificationv1.Message_State, answer string) error {
	now := micros(s.clock.Now())
	return s.db.Update(context.WithoutCancel(ctx), "message.retry", func(tx *sqldb.Tx) error {
		rows, err := tx.Query(closeAttempt, id, mailChannel, try, now, int64(outcome), storable(answer))
		if err != nil || rows.Len() == 0 { // somebody took over and has ended it
			return err
		}
		tx.Exec(`update delivery set state = 1 where message_id = $1 and channel = $2`, id, mailChannel)
		return nil
	})
}

const nextVersion = `
	update message set version = version + 1 where id = $1 returning version, customer, about`

// finishes writes down, together with the timer's end, that the mail has come to its end and how.
func (s *Service) finishes(id string, try int, state notificationv1.Message_State, answer string) finish {
	return func(ctx context.Context, tx *sqldb.Tx) error {
		now := micros(s.clock.Now())
		var sent *int64
		if state == notificationv1.Message_SENT {
			sent = &now
		}
		endAttempt(tx, id, try, now, state, answer)
		tx.Exec(`update delivery set state = $3, sent = $4 where message_id = $1 and channel = $2`, id, mailChannel, int64(state), sent)
		rows, err := tx.Query(nextVersion, id)
		if err != nil {
			return err
		}
		delivered := &notificationv1.MessageDelivered{
			Message: collection + id, Channel: notificationv1.Message_EMAIL, State: state,
		}
		version, err := sqldb.One(rows, func(r *sqldb.Rows) (version int64, err error) {
			return version, r.Scan(&version, &delivered.Customer, &delivered.About)
		})
		if err != nil {
			return err
		}
		s.count(ctx, tx, notificationv1.Message_EMAIL, state)
		return s.outbox.Put(ctx, tx, collection+id, version, delivered)
	}
}

// storable is what a server answered as it can be kept: bounded, and valid text without NUL.
func storable(answer string) string {
	answer = strings.ReplaceAll(strings.ToValidUTF8(answer, "\uFFFD"), "\x00", "\uFFFD")
	if utf8.RuneCountInString(answer) > 500 {
		answer = string([]rune(answer)[:500])
	}
	return answer
}
