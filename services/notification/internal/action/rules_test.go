package action

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

func TestStateOf(t *testing.T) {
	expires := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	at := int64(1)
	for name, c := range map[string]struct {
		action  action
		late    time.Duration // after it expires
		want    notificationv1.Action_State
		refusal string
	}{
		"nothing has happened":            {action{}, -time.Microsecond, notificationv1.Action_AVAILABLE, ""},
		"its time is over":                {action{}, 0, notificationv1.Action_EXPIRED, "ACTION_EXPIRED"},
		"it was taken":                    {action{taken: &at, claimed: &at, decided: true}, time.Hour, notificationv1.Action_TAKEN, ""},
		"another was taken":               {action{otherTaken: true, decided: true}, -time.Hour, notificationv1.Action_SUPERSEDED, "ACTION_SUPERSEDED"},
		"another was taken while it was":  {action{otherTaken: true, claimed: &at}, -time.Hour, notificationv1.Action_SUPERSEDED, "ACTION_SUPERSEDED"},
		"the subject is decided":          {action{decided: true}, -time.Hour, notificationv1.Action_SUPERSEDED, "ACTION_SUPERSEDED"},
		"decided, and its time is over":   {action{decided: true}, time.Hour, notificationv1.Action_SUPERSEDED, "ACTION_SUPERSEDED"},
		"begun, and decided, perhaps so":  {action{claimed: &at, decided: true}, -time.Hour, notificationv1.Action_AVAILABLE, ""},
		"begun in time, asked about late": {action{claimed: &at}, time.Hour, notificationv1.Action_AVAILABLE, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.action.expires = expires
			state := c.action.stateOf(expires.Add(c.late))
			require.Equal(t, c.want, state)
			require.Equal(t, c.refusal, errs.ReasonOf(refusal(state)))
		})
	}
}
