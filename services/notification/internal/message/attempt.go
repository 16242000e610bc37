package message

import (
	"context"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/text"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

const mailChannel = int64(typepb.Channel_EMAIL)

const (
	markSending = `update delivery set state = 2 where channel = $1 and state in (1, 2) and message_id in `

	insertAttempts = `insert into attempt (message_id, channel, number, started, outcome, response) values`
)

// begin writes down that tries begin, and says whose: not theirs whose delivery has come to its end. Had another process
// begun the same try meanwhile, the key would refuse it here.
func (s *Service) begin(ctx context.Context, mails []*emailJob) (begun map[string]bool, err error) {
	now := s.clock.Now().UnixMicro()
	ids := make([]string, len(mails))
	for i, p := range mails {
		ids[i] = p.id()
	}
	list, args := sqldb.List(2, ids)
	err = s.db.Update(ctx, "message.begin", func(tx *sqldb.Tx) error {
		endAttempts(tx, now, cutOffs(mails))
		rows, err := tx.Query(markSending+list+` returning message_id`, append([]any{mailChannel}, args...)...)
		if err != nil {
			return err
		}
		if begun, err = setOf(rows); err != nil {
			return err
		}
		var tries [][]any
		for _, p := range mails {
			if begun[p.id()] {
				tries = append(tries, []any{p.id(), mailChannel, p.tries() + 1, now, int64(notificationv1.Message_SENDING), ""})
			}
		}
		tx.ExecValues(insertAttempts, tries, "")
		return nil
	})
	return begun, err
}

func setOf(rows *sqldb.Rows) (map[string]bool, error) {
	set := map[string]bool{}
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		set[one] = true
	}
	return set, nil
}

// cutOffs are the ends of tries that were cut off.
func cutOffs(mails []*emailJob) (ends []result) {
	for _, p := range mails {
		if p.cutOff() {
			ends = append(ends, p.result(p.tries(), p.earlierState(), p.earlier.Answer))
		}
	}
	return ends
}

// The tries are there: they were inserted when they began. As an insertion, one statement ends many, each its own way.
const (
	closeAttempts = `insert into attempt (message_id, channel, number, started, ended, outcome, response) values`

	whereOpen = `on conflict (message_id, channel, number) do update set
		ended = excluded.ended, outcome = excluded.outcome, response = excluded.response where attempt.ended is null`
)

// endAttempts ends tries that were not ended before.
func endAttempts(tx *sqldb.Tx, now int64, ends []result) {
	var rows [][]any
	for _, r := range ends {
		if r.try > 0 {
			rows = append(rows, []any{r.id, mailChannel, r.try, now, now, int64(r.state), storable(r.answer)})
		}
	}
	tx.ExecValues(closeAttempts, rows, whereOpen)
}

// storable is what a server answered as it can be kept: one line of at most 500 characters.
func storable(answer string) string {
	runes := []rune(text.OneLine(answer))
	return string(runes[:min(len(runes), 500)])
}
