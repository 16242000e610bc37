package timeline

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

const (
	olena   = "customers/olena"
	another = "customers/another"
)

// bench is the timeline on a database of its own, with what hands it events.
type bench struct {
	*Service
	consumer *inbox.Inbox
}

func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) { test(t, newBench(t, db)) })
}

func newBench(t *testing.T, db *sqldb.DB) *bench {
	require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
	for _, name := range []string{"olena", "another"} {
		kittest.Exec(t, db, `insert into customer (id, version, display_name, language_code, email, phone, region_code, addresses, created)
			values ($1, 1, '', '', '', '', '', $2, 0)`, name, []byte{})
	}
	b := &bench{Service: New(kit.Deps{DB: db, Live: live.NewLocal()})}
	cfg := timer.Config{DB: db, Clock: clock.Wall{}, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{}}
	b.consumer = inbox.New(inbox.Config{
		DB: db, Clock: clock.Wall{}, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: cfg.Activity, Handlers: b.Capability().Events,
	}, timer.NewWorker(cfg))
	return b
}

func newEvent(t testing.TB, source string, at time.Time, f fact) event.Event {
	t.Helper()
	e, err := event.New(t.Context(), source, "", 1, at, f)
	require.NoError(t, err)
	return e
}

func (b *bench) hears(t testing.TB, events ...event.Event) {
	t.Helper()
	require.NoError(t, b.consumer.Handle(t.Context(), events))
}

// put writes an entry of olena's that became known then, and returns its name.
func (b *bench) put(t testing.TB, known time.Time) string {
	t.Helper()
	e := newEntry()
	require.NoError(t, b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
		tx.AfterCommit(func() { b.live.Say(olena) })
		return insert(tx, known, e)
	}))
	return e.GetName()
}

func newEntry() *customerv1.TimelineEntry {
	return &customerv1.TimelineEntry{Name: olena + collection + id.New(), EventTime: timestamppb.New(time.UnixMicro(1)), EventType: "x"}
}
