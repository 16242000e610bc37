package action

import (
	"time"

	"kept.dev/kit/errs"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// stateOf is where an action stands.
func (a *action) stateOf(now time.Time) notificationv1.Action_State {
	switch {
	case a.taken != nil:
		return notificationv1.Action_TAKEN
	case a.otherTaken:
		return notificationv1.Action_SUPERSEDED
	case a.claimed != nil: // it is being carried out, or has to be asked about: taking it again answers what became of it
		return notificationv1.Action_AVAILABLE
	case a.decided:
		return notificationv1.Action_SUPERSEDED
	case !now.Before(a.expires):
		return notificationv1.Action_EXPIRED
	}
	return notificationv1.Action_AVAILABLE
}

// refusal says why an action can't be taken, or nil.
func refusal(state notificationv1.Action_State) error {
	switch state {
	case notificationv1.Action_SUPERSEDED:
		return errSuperseded
	case notificationv1.Action_EXPIRED:
		return errExpired
	}
	return nil
}

var (
	errSuperseded = errs.Refused("ACTION_SUPERSEDED", "this has been decided already, otherwise")
	errExpired    = errs.Refused("ACTION_EXPIRED", "the time to choose is over")
)
