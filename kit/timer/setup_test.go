package timer_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/clock"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
)

func TestMain(m *testing.M) { kittest.Main(m) }

var (
	ring = timer.Local("ring")
	call = timer.Outside("call")
)

// bench is a database with a table of effects, and a clock that the test moves.
type bench struct {
	db    *sqldb.DB
	clock *clock.Sandbox
}

func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, `create table effect (n bigint not null, key text not null, at bigint not null)`)
		test(t, &bench{db: db, clock: &clock.Sandbox{}})
	})
}

func (b *bench) worker(t testing.TB, tune ...func(*timer.Config)) *timer.Worker {
	cfg := timer.Config{
		DB: b.db, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{},
		Poll: time.Millisecond,
	}
	for _, f := range tune {
		f(&cfg)
	}
	return timer.NewWorker(cfg)
}

func lease(d time.Duration) func(*timer.Config) { return func(c *timer.Config) { c.Lease = d } }

// start runs the worker until the test's end, or until the returned function is called.
func start(t testing.TB, w *timer.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = w.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func (b *bench) do(t testing.TB, fn func(tx *sqldb.Tx)) {
	t.Helper()
	require.NoError(t, b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { fn(tx); return nil }))
}

func (b *bench) set(t testing.TB, k timer.Kind, key string, in time.Duration) {
	t.Helper()
	b.do(t, func(tx *sqldb.Tx) { k.Set(t.Context(), tx, key, b.clock.Now().Add(in), []byte(key)) })
}

func (b *bench) pass(d time.Duration) { b.clock.Advance(b.clock.Offset() + d) }

func round(t testing.TB, w *timer.Worker) int {
	t.Helper()
	n, err := w.Round(t.Context())
	require.NoError(t, err)
	return n
}

func (b *bench) effects(t testing.TB, key string) int64 {
	t.Helper()
	return kittest.Number(t, b.db, `select count(*) from effect where key = $1`, key)
}

func (b *bench) timers(t testing.TB) int64 {
	t.Helper()
	return kittest.Number(t, b.db, `select count(*) from timer`)
}

func effect(tx *sqldb.Tx, t timer.Timer) {
	tx.Exec(`insert into effect (n, key, at) values (1, $1, $2)`, t.Key, t.Due.UnixMicro())
}

func ringing(_ context.Context, tx *sqldb.Tx, t timer.Timer) error {
	effect(tx, t)
	return nil
}

var errBroken = errors.New("it is broken")

func failed(t testing.TB, db *sqldb.DB) []timer.Failed {
	t.Helper()
	list, err := timer.ListFailed(t.Context(), db, timer.Failed{}, 100)
	require.NoError(t, err)
	return list
}
