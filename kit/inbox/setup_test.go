package inbox_test

import (
	"context"
	"errors"
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

func TestMain(m *testing.M) { kittest.Main(m) }

const effects = `create table effect (key text not null)`

// said is the message of the tests' events.
type said = wrapperspb.StringValue

// bench is a consumer whose effect is a row; it fails on the words in broken.
type bench struct {
	db       *sqldb.DB
	clock    *clock.Sandbox
	broken   map[string]bool
	consumer *inbox.Inbox
	worker   *timer.Worker
	// moved is how far the sandbox's clock has been moved elsewhere, as the consumer learns when it asks.
	moved time.Duration
	at    []time.Time // when effects happened
}

func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, effects)
		test(t, newBench(db))
	})
}

func newBench(db *sqldb.DB) *bench {
	b := &bench{db: db, clock: &clock.Sandbox{}, broken: map[string]bool{}}
	log, tracer, counter := slog.New(slog.DiscardHandler), kittest.Tracer(), &telemetry.Activity{}
	b.worker = timer.NewWorker(timer.Config{DB: db, Clock: b.clock, Log: log, Tracer: tracer, Activity: counter, Poll: time.Millisecond})
	b.consumer = inbox.New(inbox.Config{
		Service: "order", DB: db, Clock: b.clock, Log: log, Tracer: tracer, Activity: counter, Handlers: []inbox.Handler{inbox.On("words", b.onSaid)},
		Refresh: func(context.Context) error { b.clock.Advance(b.moved); return nil },
	}, b.worker)
	return b
}

var errBroken = errors.New("it is broken")

func (b *bench) onSaid(_ context.Context, tx *sqldb.Tx, _ event.Event, fact *said) error {
	b.at = append(b.at, b.clock.Now())
	tx.Exec(`insert into effect (key) values ($1)`, fact.GetValue())
	if fact.GetValue() == "panic" {
		panic("boom")
	}
	if b.broken[fact.GetValue()] {
		return errBroken
	}
	return nil
}

func newEvent(t testing.TB, word string) event.Event {
	t.Helper()
	e, err := event.New(t.Context(), "order", "words/"+word, 1, time.Now(), wrapperspb.String(word))
	require.NoError(t, err)
	return e
}

func (b *bench) handle(t testing.TB, events ...event.Event) {
	t.Helper()
	require.NoError(t, b.consumer.Handle(t.Context(), events))
}

func (b *bench) count(t testing.TB) int64 {
	return kittest.Number(t, b.db, `select count(*) from effect`)
}

func (b *bench) pass(d time.Duration) { b.clock.Advance(b.clock.Offset() + d) }

func (b *bench) round(t testing.TB) int {
	t.Helper()
	n, err := b.worker.Round(t.Context())
	require.NoError(t, err)
	return n
}

func (b *bench) failed(t testing.TB) []timer.Failed {
	t.Helper()
	list, err := timer.ListFailed(t.Context(), b.db, timer.Failed{}, 1000)
	require.NoError(t, err)
	return list
}
