package cases

import (
	"context"
	"errors"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onRemedyRequired has a person take care of a promise that broke, once for each promise.
func (s *Service) onRemedyRequired(ctx context.Context, tx *sqldb.Tx, _ event.Event, owed *promisev1.RemedyRequired) error {
	if !owed.GetOpenCase() {
		return nil
	}
	fresh, err := once(tx, owed.GetPromise())
	if err != nil || !fresh {
		return err
	}
	wanted := called(brokenPromise(owed), owed.GetOwner(), s.clock.Now())
	if strings.HasPrefix(owed.GetAbout(), collection) {
		r, err := rejoin(tx, owed.GetAbout(), wanted)
		if err == nil {
			return s.noted(ctx, tx, r, wanted)
		}
		if !errors.Is(err, errNoSuchCase) {
			return err
		}
	}
	return s.callFor(ctx, tx, wanted)
}

var lookAgain = `
	update cases set ` + askedAgain("0", "$2", "$3") + `
	where id = $1 and state <> 3
	returning ` + columns

// rejoin has somebody look again at the very case in which a promise broke, if it is not closed.
func rejoin(tx *sqldb.Tx, name string, wanted *record) (*record, error) {
	return step(tx, name, sqldb.Q(lookAgain, idOf(name), wanted.GetPromise(), micros(wanted.GetCreateTime())))
}
