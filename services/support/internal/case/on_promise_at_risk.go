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
// who are at work. Only a case that waits under this very promise is raised, once.
const raise = `
	update cases set
		version = version + 1, raised = true, queue = $3, agent = '',
		relieved = case when agent = '' then queue else agent end
	where id = $1 and promise = $2 and state = 1 and raised = false
	returning ` + columns

// onPromiseAtRisk raises a case that nobody has replied to while little time is left. A note keeps who had it.
func (s *Service) onPromiseAtRisk(
	ctx context.Context, tx *sqldb.Tx, _ event.Event, warned *promisev1.PromiseAtRisk,
) error {
	if warned.GetOwner() != owner {
		return nil
	}
	r, err := step(tx, warned.GetSubject(), sqldb.Q(raise, idOf(warned.GetSubject()), warned.GetPromise(), dutyQueue))
	if errors.Is(err, errNoSuchCase) { // replied to, or raised already
		return nil
	}
	if err != nil {
		return err
	}
	if err := addEntry(tx, r, note(raisedWords(r), s.clock.Now())); err != nil {
		return err
	}
	return s.say(ctx, tx, r, &supportv1.CaseRaised{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Queue: r.GetQueue(), ReplyDueTime: r.GetReplyDueTime(),
	})
}
