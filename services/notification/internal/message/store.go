package message

import (
	"strings"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/services/notification/internal/template"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

const countMessage = `
	insert into addressee (customer, messages) values ($1, 1)
	on conflict (customer) do update set messages = addressee.messages + 1`

const insertMessage = `
	insert into message (id, customer, number, version, template, template_version, language_code, title, body,
		about, event_type, matter, expires, created)
	values ($1, $2, (select messages from addressee where customer = $2), 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

const insertAction = `
	insert into action (message_id, number, choice, label, confirmation) values ($1, $2, $3, $4, $5)`

// insert writes the message under the id of the event that caused it.
func insert(tx *sqldb.Tx, e event.Event, t *telling, words template.Rendered, now time.Time) {
	var expires *int64
	if len(words.Options) > 0 {
		at := micros(t.expires)
		expires = &at
	}
	tx.Exec(countMessage, t.customer)
	tx.Exec(insertMessage, e.ID, t.customer, words.Template, words.Version, words.LanguageCode, words.Title, words.Body,
		t.about, e.Type, t.matter, expires, micros(now))
	for i, option := range words.Options {
		tx.Exec(insertAction, e.ID, i+1, option.Choice, option.Label, option.Confirmation)
	}
}

// A message is in the inbox at once. By mail it has yet to be sent, unless there is no address.
const insertDeliveries = `
	insert into delivery (message_id, channel, state, sent) values ($1, $2, $3, null), ($1, $4, $5, $6)`

// Decide notes that a matter is decided: of what is offered about it, before or after, nothing can be taken any more.
func Decide(tx *sqldb.Tx, name string, at time.Time) {
	tx.Exec(`insert into decided (name, decided) values ($1, $2) on conflict (name) do nothing`, name, micros(at))
}
