package message

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// numberAll gives messages their numbers, and counts them with their customers. The counters' rows are locked in the order in which
// everybody locks them.
func numberAll(tx *sqldb.Tx, drafts []*draft) error {
	slices.SortStableFunc(drafts, func(a, b *draft) int { return cmp.Compare(a.plan.customer, b.plan.customer) })
	more := map[string]int64{}
	for _, d := range drafts {
		more[d.plan.customer]++
	}
	var rows [][]any
	for _, customer := range slices.Sorted(maps.Keys(more)) {
		rows = append(rows, []any{customer, more[customer]})
	}
	counted, err := tx.BatchValues(`insert into addressee (customer, messages) values`, rows,
		`on conflict (customer) do update set messages = addressee.messages + excluded.messages returning customer, messages`)
	if err != nil {
		return err
	}
	last := map[string]int64{}
	for counted.Next() {
		var customer string
		var messages int64
		if err := counted.Scan(&customer, &messages); err != nil {
			return err
		}
		last[customer] = messages
	}
	for _, d := range drafts {
		more[d.plan.customer]--
		d.number = last[d.plan.customer] - more[d.plan.customer]
	}
	return nil
}

const insertMessages = `
	insert into message (id, customer, number, version, template, template_version, language_code, title, body,
		about, event_type, subject, expires, created) values`

// A message is in the inbox at once. By mail it has yet to be sent, unless there is no address.
const insertDeliveries = `insert into delivery (message_id, channel, state, sent) values`

const insertActions = `insert into action (message_id, number, choice, label, confirmation) values`

// insertAll writes messages under the ids of the events that caused them.
func insertAll(tx *sqldb.Tx, drafts []*draft, now time.Time) {
	var messages, deliveries, actions [][]any
	for _, d := range drafts {
		id, words := d.event.ID, d.words
		var expires *int64
		if len(words.Options) > 0 {
			at := d.plan.expires.UnixMicro()
			expires = &at
		}
		messages = append(messages, []any{
			id, d.plan.customer, d.number, int64(1), words.Template, words.Version, words.LanguageCode, words.Title, words.Body,
			d.plan.about, d.event.Type, d.plan.subject, expires, now.UnixMicro(),
		})
		mail := notificationv1.Message_PENDING
		if d.to.Email == "" {
			mail = notificationv1.Message_SKIPPED
		}
		deliveries = append(deliveries, []any{id, mailChannel, int64(mail), nil},
			[]any{id, int64(typepb.Channel_INBOX), int64(notificationv1.Message_SENT), now.UnixMicro()})
		for i, option := range words.Options {
			actions = append(actions, []any{id, int64(i + 1), option.Choice, option.Label, option.Confirmation})
		}
	}
	tx.ExecValues(insertMessages, messages, "")
	tx.ExecValues(insertDeliveries, deliveries, "")
	tx.ExecValues(insertActions, actions, "")
}

const (
	insertDecided = `insert into decided (name, decided) values`
	onceDecided   = `on conflict (name) do nothing`
)

// Decide notes that something is decided: of what is offered about it, before or after, nothing can be taken any more.
func Decide(tx *sqldb.Tx, name string, at time.Time) {
	tx.ExecValues(insertDecided, [][]any{{name, at.UnixMicro()}}, onceDecided)
}

// decideAll notes what is decided with the events, in an order in which everybody does.
func decideAll(tx *sqldb.Tx, drafts []*draft) {
	decided := map[string]int64{}
	for _, d := range drafts {
		if d.plan.decides != "" {
			decided[d.plan.decides] = d.event.Time.UnixMicro()
		}
	}
	var rows [][]any
	for _, name := range slices.Sorted(maps.Keys(decided)) {
		rows = append(rows, []any{name, decided[name]})
	}
	tx.ExecValues(insertDecided, rows, onceDecided)
}
