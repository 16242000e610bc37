package action

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/link"
)

// action is one choice of a message, with what is known of the subject.
type action struct {
	message, customer, choice            string
	subject, about                       string
	title, label, confirmation, language string
	expires                              time.Time
	claimed, taken                       *int64
	otherTaken, decided                  bool
}

const selectAction = `
	select message.id, message.customer, action.choice, message.subject, message.about, message.title, action.label,
		action.confirmation, message.language_code, message.expires, action.claimed, action.taken,
		(select count(*) from action other
			where other.message_id = message.id and other.choice <> action.choice and other.taken is not null),
		(select count(*) from decided where decided.name in (message.subject, message.about))
	from action join message on message.id = action.message_id
	where action.message_id = $1 and action.choice = $2`

func scan(r *sqldb.Rows) (*action, error) {
	var expires, others, decided int64
	a := &action{}
	err := r.Scan(&a.message, &a.customer, &a.choice, &a.subject, &a.about, &a.title, &a.label, &a.confirmation, &a.language,
		&expires, &a.claimed, &a.taken, &others, &decided)
	a.expires, a.otherTaken, a.decided = time.UnixMicro(expires), others > 0, decided > 0
	return a, err
}

func (a *action) grant() link.Grant {
	return link.Grant{Message: a.message, Choice: a.choice, Customer: a.customer, Expires: a.expires}
}

func (a *action) proto(name string, now time.Time) *notificationv1.Action {
	p := &notificationv1.Action{
		Name: name, Choice: a.choice, Label: a.label, Title: a.title, About: a.about, State: a.stateOf(now),
		ExpireTime: timestamppb.New(a.expires), LanguageCode: a.language,
	}
	if a.taken != nil {
		p.TakeTime, p.Confirmation = timestamppb.New(time.UnixMicro(*a.taken)), a.confirmation
	}
	return p
}

// What is read after this stays so until the end: nobody records the action, and ends its timer, before the timer is set.
const lock = `
	update action set claimed = claimed where message_id = $1 and choice = $2`

// The time of the first claim stays: it is when the customer pressed, whenever what they wanted was carried out.
const claim = `
	update action set claimed = coalesce(claimed, $3) where message_id = $1 and choice = $2`

const unclaim = `
	update action set claimed = null where message_id = $1 and choice = $2 and taken is null`

// The index action_taken_once refuses a second choice of the same message.
const take = `
	update action set taken = coalesce(claimed, $3) where message_id = $1 and choice = $2 and taken is null
	returning taken`

const nextVersion = `
	update message set version = version + 1 where id = $1 returning version`
