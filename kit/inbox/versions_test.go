package inbox_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
)

// version is a replica of one version of a service: its handlers leave their name and what they were told of.
type version struct {
	t      testing.TB
	inbox  *inbox.Inbox
	worker *timer.Worker
	asked  []string
}

// newVersion starts a replica with the given handlers of strings; "b@own" is b in a consumer of its own.
func newVersion(t testing.TB, db *sqldb.DB, handlers ...inbox.Handler) *version {
	v := &version{t: t}
	log, tracer, counter := slog.New(slog.DiscardHandler), kittest.Tracer(), &telemetry.Activity{}
	v.worker = timer.NewWorker(timer.Config{Service: "order", DB: db, Clock: clock.Wall{}, Log: log, Tracer: tracer, Activity: counter, Poll: time.Millisecond})
	v.inbox = inbox.New(inbox.Config{
		Service: "order", DB: db, Clock: clock.Wall{}, Log: log, Tracer: tracer, Activity: counter, Handlers: handlers, Believed: time.Nanosecond,
	}, v.worker)
	require.NoError(t, inbox.Check(handlers))
	require.NoError(t, v.inbox.Register(t.Context()))
	return v
}

func named(name string) inbox.Handler {
	return inbox.On(name, func(_ context.Context, tx *sqldb.Tx, _ event.Event, fact *said) error {
		tx.Exec(`insert into effect (key) values ($1)`, name+" "+fact.GetValue())
		return nil
	})
}

// reads takes the events in from the service's own consumer, as the bus would hand them over once.
func (v *version) reads(events ...event.Event) {
	v.t.Helper()
	require.NoError(v.t, v.inbox.HandleFor("order")(v.t.Context(), events))
}

func (v *version) works() {
	v.t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = v.worker.Round(v.t.Context())
		require.NoError(v.t, err)
	}
}

func (v *version) welcome() {
	v.t.Helper()
	require.NoError(v.t, v.inbox.Welcome(v.t.Context(), func(_ context.Context, types []string, since time.Time) error {
		require.WithinDuration(v.t, time.Now().Add(-time.Hour), since, time.Minute)
		v.asked = append(v.asked, types...)
		return nil
	}))
}

func effectsOf(t testing.TB, db *sqldb.DB) []string {
	t.Helper()
	rows, err := db.Query(t.Context(), `select key from effect order by key`)
	require.NoError(t, err)
	all, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	require.NoError(t, err)
	return all
}

func onVersions(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, effects)
		test(t, db)
	})
}

const stringType = "google.protobuf.StringValue"

// While a service is being upgraded, replicas of two versions read the same events. Whichever of them is given an event, every
// handler has it once.
func TestTwoVersionsSideBySide(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		older := newVersion(t, db, named("a"))
		newer := newVersion(t, db, named("a"), named("b"))
		first, second := newEvent(t, "1"), newEvent(t, "2")

		older.reads(first)
		newer.reads(second)
		require.Equal(t, []string{"a 1", "a 2", "b 2"}, effectsOf(t, db))
		older.works()
		require.Equal(t, []string{"a 1", "a 2", "b 2"}, effectsOf(t, db), "the older one doesn't know what to do about b")
		newer.works()
		require.Equal(t, []string{"a 1", "a 2", "b 1", "b 2"}, effectsOf(t, db))

		older.reads(first, second) // the bus gives them again
		newer.reads(first, second)
		newer.works()
		older.works()
		require.Len(t, effectsOf(t, db), 4)
		require.Zero(t, kittest.Number(t, db, `select count(*) from timer`))
	})
}

// A type that the older version has no handler for at all is left to the newer one as well.
func TestAnotherVersionsTypesAreLeftToIt(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newer := newVersion(t, db, named("b"))
		older := newVersion(t, db, inbox.On("a", func(context.Context, *sqldb.Tx, event.Event, *wrapperspb.Int64Value) error { return nil }))
		older.reads(newEvent(t, "1"))
		require.Empty(t, effectsOf(t, db))
		newer.works()
		require.Equal(t, []string{"b 1"}, effectsOf(t, db))
	})
}

// After a rollback the newer version is gone for a while. What came meanwhile is handled when it is back.
func TestARollbackLosesNothing(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newVersion(t, db, named("a"), named("b"))
		older := newVersion(t, db, named("a"))
		older.reads(newEvent(t, "1"))
		older.works()
		require.Equal(t, []string{"a 1"}, effectsOf(t, db))
		again := newVersion(t, db, named("a"), named("b"))
		again.works()
		require.Equal(t, []string{"a 1", "b 1"}, effectsOf(t, db))
	})
}

// Where events were read before anybody had noted the new handler, they are published again, and only it has them.
func TestANewHandlerIsGivenTheLastHour(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		older := newVersion(t, db, named("a"))
		older.welcome()
		require.Equal(t, []string{stringType}, older.asked)
		early := newEvent(t, "1")
		older.reads(early)

		newer := newVersion(t, db, named("a"), named("b"))
		newer.welcome()
		require.Equal(t, []string{stringType}, newer.asked)
		older.reads(early) // published again, and it may be the older one that is given it
		newer.works()
		require.Equal(t, []string{"a 1", "b 1"}, effectsOf(t, db))

		another := newVersion(t, db, named("a"), named("b"))
		another.welcome()
		require.Empty(t, another.asked, "they have had it")
	})
}

// A handler that moves to a consumer of its own, and back, misses nothing that is left in the other.
func TestAHandlerMovesToAnotherConsumer(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		older := newVersion(t, db, named("a"), named("b"))
		older.welcome()
		newer := newVersion(t, db, append(inbox.In("own", named("b")), named("a"))...)
		newer.welcome()
		require.Empty(t, newer.asked, "b has had its events")
		both, err := newer.inbox.Consumers(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"order", "order.own"}, both)

		newer.reads(newEvent(t, "1")) // from the service's own consumer, where b was
		require.Equal(t, []string{"a 1", "b 1"}, effectsOf(t, db))

		back := newVersion(t, db, named("a"), named("b")) // a rollback
		both, err = back.inbox.Consumers(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"order", "order.own"}, both)
		require.NoError(t, back.inbox.HandleFor("order.own")(t.Context(), []event.Event{newEvent(t, "2")}))
		require.Equal(t, []string{"a 1", "b 1", "b 2"}, effectsOf(t, db))
	})
}

func TestWhatNoReplicaWaitsForIsParked(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newVersion(t, db, named("a"), named("b"))
		older := newVersion(t, db, named("a"))
		e := newEvent(t, "1")
		older.reads(e)
		kittest.Exec(t, db, `update event_handler set seen = seen - 700000000000 where name = 'b'`) // a little over eight days
		require.NoError(t, older.inbox.Forget(t.Context()))
		list, err := timer.ListFailed(t.Context(), db, timer.Failed{}, 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, "event/b/"+stringType, list[0].Kind)
		require.Equal(t, e.ID, list[0].Key)
		require.True(t, list[0].Parked)
		require.Contains(t, list[0].Error, "no replica has had the event handler b of google.protobuf.StringValue for seven days")

		older.reads(newEvent(t, "2"))
		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from timer`), "it is not waited for any more")
	})
}

// A handler may take other types in another version. An event waits for a replica whose handler takes its type.
func TestAHandlerThatDoesNotTakeTheTypeIsNotAsked(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		newVersion(t, db, named("b"))
		older := newVersion(t, db, named("a"))
		older.reads(newEvent(t, "1"))
		changed := newVersion(t, db, inbox.On("b", func(context.Context, *sqldb.Tx, event.Event, *wrapperspb.Int64Value) error { return nil }))
		changed.works()
		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from timer where attempts = 0`))
		newVersion(t, db, named("b")).works()
		require.Equal(t, []string{"a 1", "b 1"}, effectsOf(t, db))
	})
}

func TestHandlersNeedNamesThatCanBeToldApart(t *testing.T) {
	require.NoError(t, inbox.Check([]inbox.Handler{named("a"), named("promise.made"), named("order-placed")}))
	for want, handlers := range map[string][]inbox.Handler{
		"must be words":                     {named("")},
		"must be words of a-z":              {named("Promise.Made")},
		"must be unique":                    {named("a"), named("b"), named("a")},
		`"unreadable": the name must be un`: {named("unreadable")},
		`the consumer's name "Own"`:         inbox.In("Own", named("a")),
	} {
		require.ErrorContains(t, inbox.Check(handlers), want)
	}
}
