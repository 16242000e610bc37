package inbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
)

// longAgo makes a handler's registration so many days older.
func longAgo(t testing.TB, db *sqldb.DB, name string, days int64) {
	kittest.Exec(t, db, `update event_handler set seen = seen - $1 where name = $2`, days*24*time.Hour.Microseconds(), name)
}

func numberOf(t testing.TB, db *sqldb.DB, what string) int64 {
	return kittest.Number(t, db, `select count(*) from `+what)
}

func many(t testing.TB, n int) (events []event.Event) {
	for i := range n {
		events = append(events, newEvent(t, fmt.Sprint(i)))
	}
	return events
}

// However many events wait for a handler that is gone, no transaction is longer for it, least of all that of a start.
func TestForgettingGoesInBatches(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newVersion(t, db, named("b"))
		older := newVersion(t, db, named("a"))
		older.reads(many(t, 2500)...)
		longAgo(t, db, "b", 9)
		require.NoError(t, older.inbox.Register(t.Context()))
		require.Zero(t, numberOf(t, db, `timer where parked`), "a start doesn't wait for it")
		require.NoError(t, older.inbox.Forget(t.Context()))
		require.EqualValues(t, 2500, numberOf(t, db, `timer where parked`))
		require.LessOrEqual(t, kittest.Number(t, db, `select max(n) from (select count(*) as n from timer group by failed) as batches`), int64(1000))
		require.Zero(t, numberOf(t, db, `event_handler where name = 'b'`))
	})
}

// A replica that has not heard of a handler's end may leave it something after everything was parked.
func TestWhatIsLeftToAForgottenHandlerLaterIsParkedAsWell(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newVersion(t, db, named("b"))
		older := newVersion(t, db, named("a"))
		older.reads(newEvent(t, "1"))
		longAgo(t, db, "b", 7)
		require.NoError(t, older.inbox.Forget(t.Context()))
		require.EqualValues(t, 1, numberOf(t, db, `timer where parked`))
		kittest.Exec(t, db, `update timer set parked = false`)
		require.NoError(t, older.inbox.Forget(t.Context()))
		require.EqualValues(t, 1, numberOf(t, db, `timer where parked`))
	})
}

// A handler that has moved to another consumer is not forgotten with its old place.
func TestAHandlersOldConsumerIsForgottenAlone(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newVersion(t, db, named("b"))
		longAgo(t, db, "b", 9)
		newVersion(t, db, inbox.In("own", named("b"))...)
		older := newVersion(t, db, named("a"))
		require.NoError(t, older.inbox.HandleFor("order.own")(t.Context(), many(t, 3)))
		require.NoError(t, older.inbox.Forget(t.Context()))
		require.Zero(t, numberOf(t, db, `timer where parked`))
		require.EqualValues(t, 1, numberOf(t, db, `event_handler where name = 'b'`))
		require.EqualValues(t, 3, numberOf(t, db, `timer`))
	})
}

func TestWhatWaitsForARetiredHandlerIsLetGo(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		older := newVersion(t, db, append(inbox.In("own", named("b")), named("a"))...)
		before := newVersion(t, db, named("a"))
		require.NoError(t, before.inbox.HandleFor("order.own")(t.Context(), many(t, 1500)))
		require.EqualValues(t, 1500, numberOf(t, db, `timer`))

		newer := newVersion(t, db, named("a"), inbox.Retired("b"))
		consumers, err := newer.inbox.Consumers(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"order"}, consumers, "nobody has to read for it any more")
		require.NoError(t, newer.inbox.Forget(t.Context()))
		require.Zero(t, numberOf(t, db, `timer`))
		newer.reads(newEvent(t, "1"))
		require.Zero(t, numberOf(t, db, `timer`), "nothing is left to it")
		require.EqualValues(t, 1, numberOf(t, db, `event_handler where name = 'b'`), "an older replica may leave it more")

		require.NoError(t, older.inbox.Register(t.Context()))
		longAgo(t, db, "b", 1)
		require.NoError(t, newer.inbox.Forget(t.Context()))
		require.Zero(t, numberOf(t, db, `event_handler where name = 'b'`))
		require.Zero(t, numberOf(t, db, `timer`))
	})
}

// A handler that registers while events are asked for again has not been part of that.
func TestAHandlerIsWelcomedForItself(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		older := newVersion(t, db, named("a"))
		var newer *version
		require.NoError(t, older.inbox.Welcome(t.Context(), func(context.Context, []string, time.Time) error {
			newer = newVersion(t, db, named("b"))
			return nil
		}))
		newer.welcome()
		require.Equal(t, []string{stringType}, newer.asked)
		newer.asked = nil
		newer.welcome()
		require.Empty(t, newer.asked)
	})
}

// Should the process die before its wish is sure to be granted, the next one wishes again.
func TestAWelcomeThatIsCutShortIsMadeAgain(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		dying := newVersion(t, db, named("a"))
		require.ErrorIs(t, dying.inbox.Welcome(t.Context(), func(context.Context, []string, time.Time) error { return errBroken }), errBroken)
		next := newVersion(t, db, named("a"))
		next.welcome()
		require.Equal(t, []string{stringType}, next.asked)
	})
}
