package cases

import (
	"context"
	"errors"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// Three quarters of the time have gone by without a reply, so whoever has the case may not be there: it becomes that of those
// who are at work. Only a case that waits under this very promise is escalated, once.
const raise = `
	update cases set
		version = version + 1, escalated = true, queue = $3, agent = '',
		relieved = case when agent = '' then queue else agent end
	where id = $1 and promise = $2 and state = 1 and escalated = false
	returning ` + columns

// onPromiseAtRisk raises a case that nobody has replied to while little time is left. A note keeps who had it.
func (s *Service) onPromiseAtRisk(
	ctx context.Context, tx *sqldb.Tx, _ event.Event, warned *promisev1.PromiseAtRisk,
) error {
	if warned.GetService() != owner {
		return nil
	}
	r, err := step(tx, warned.GetAbout(), sqldb.Q(raise, idOf(warned.GetAbout()), warned.GetPromise(), dutyQueue))
	if errors.Is(err, errNoSuchCase) { // replied to, or escalated already
		return nil
	}
	if err != nil {
		return err
	}
	if err := addEntry(tx, r, note(escalationNote(r), s.clock.Now())); err != nil {
		return err
	}
	return s.say(ctx, tx, r, &supportv1.CaseEscalated{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Queue: r.GetQueue(), ReplyDueTime: r.GetReplyDueTime(),
	})
}
