package message

import (
	"context"
	"maps"
	"slices"

	"kept.dev/kit/event"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// finish writes down what came of tries, together with what becomes of their timers.
func (s *Service) finish(ctx context.Context, tx *sqldb.Tx, ended []*call) error {
	now := s.clock.Now().UnixMicro()
	var tries []result
	var again []string
	over := map[notificationv1.Message_State][]string{}
	calls := map[string]*call{}
	for _, c := range ended {
		switch r := c.Result; {
		case r.id == "":
			continue
		case c.Err != nil:
			again = append(again, r.id)
		default:
			over[r.state] = append(over[r.state], r.id)
			calls[r.id] = c
		}
		tries = append(tries, c.Result)
	}
	endAttempts(tx, now, tries)
	setState(tx, again, notificationv1.Message_PENDING, nil)
	for _, state := range slices.Sorted(maps.Keys(over)) {
		ids := over[state]
		var sent *int64
		if state == notificationv1.Message_SENT {
			sent = &now
		}
		setState(tx, ids, state, sent)
		s.count(ctx, tx, typepb.Channel_EMAIL, state, len(ids))
	}
	return s.publishCompleted(ctx, tx, calls)
}

func setState(tx *sqldb.Tx, ids []string, state notificationv1.Message_State, sent *int64) {
	if len(ids) == 0 {
		return
	}
	list, args := sqldb.List(4, ids)
	tx.Exec(`update delivery set state = $1, sent = $2 where channel = $3 and message_id in `+list,
		append([]any{int64(state), sent, mailChannel}, args...)...)
}

const nextVersions = `update message set version = version + 1 where id in `

// publishCompleted says that mails have come to their end, each in its own trace.
func (s *Service) publishCompleted(ctx context.Context, tx *sqldb.Tx, calls map[string]*call) error {
	if len(calls) == 0 {
		return nil
	}
	list, args := sqldb.List(1, slices.Sorted(maps.Keys(calls)))
	rows, err := tx.Query(nextVersions+list+` returning id, version, customer, about`, args...)
	if err != nil {
		return err
	}
	records := make([]outbox.Record, 0, len(calls))
	for rows.Next() {
		var id string
		var r outbox.Record
		d := &notificationv1.DeliveryCompleted{Channel: typepb.Channel_EMAIL}
		if err := rows.Scan(&id, &r.Version, &d.Customer, &d.About); err != nil {
			return err
		}
		d.Message, d.Outcome = collection+id, calls[id].Result.state
		r.Subject, r.Fact, r.Traceparent = d.Message, d, event.Traceparent(calls[id].Trace(ctx))
		records = append(records, r)
	}
	return s.outbox.AppendAll(ctx, tx, records)
}
