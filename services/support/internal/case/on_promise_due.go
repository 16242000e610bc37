package cases

import (
	"context"
	"errors"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

const breakPromise = `
	update cases set version = version + 1, promise_state = 3, answered = version + 1
	where id = $1 and promise = $2 and promise_state = 1
	returning ` + columns

// onPromiseDue answers whether a reply came in time. One that did has said so itself; a case that still waits under this
// promise has broken it.
func (s *Service) onPromiseDue(ctx context.Context, tx *sqldb.Tx, _ event.Event, due *promisev1.PromiseDue) error {
	if due.GetService() != owner {
		return nil
	}
	r, err := step(tx, due.GetAbout(), sqldb.Q(breakPromise, idOf(due.GetAbout()), due.GetPromise()))
	if errors.Is(err, errNoSuchCase) { // answered already
		return nil
	}
	if err != nil {
		return err
	}
	return s.say(ctx, tx, r, brokenFact(r))
}
