package outbox_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
)

// house is one service that speaks ("order") and one that listens ("customer"), each with a database of its own.
type house struct {
	order, customer *sqldb.DB
}

func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	for _, dialect := range kittest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			test(t, &house{
				order:    kittest.Open(t, kittest.NewURL(t, dialect)),
				customer: kittest.Open(t, kittest.NewURL(t, dialect), `create table effect (key text not null)`),
			})
		})
	}
}

// replica is one process of the speaking service.
func (h *house) replica(t testing.TB, b bus.Bus, lease time.Duration) (*outbox.Outbox, func()) {
	box := outbox.New("order", clock.Wall{})
	r := outbox.NewRelay(outbox.RelayConfig{
		DB: h.order, Bus: b, Outbox: box, Source: "order", Log: slog.New(slog.DiscardHandler), Activity: &telemetry.Activity{},
		Lease: lease, Poll: time.Millisecond,
	})
	return box, start(t, r.Run)
}

// listener is one process of the listening service, and nobody listens for "order".
func (h *house) listener(t testing.TB, b bus.Bus) (stop func()) {
	log, counter := slog.New(slog.DiscardHandler), &telemetry.Activity{}
	w := timer.NewWorker(timer.Config{DB: h.customer, Clock: clock.Wall{}, Log: log, Tracer: kittest.Tracer(), Activity: counter})
	c := inbox.New(inbox.Config{
		DB: h.customer, Clock: clock.Wall{}, Log: log, Tracer: kittest.Tracer(), Activity: counter,
		Handlers: []inbox.Handler{inbox.On("words", func(_ context.Context, tx *sqldb.Tx, _ event.Event, fact *wrapperspb.StringValue) error {
			tx.Exec(`insert into effect (key) values ($1)`, fact.GetValue())
			return nil
		})},
	}, w)
	stopWorker := start(t, w.Run)
	stopOthers := start(t, func(ctx context.Context) error {
		return b.Consume(ctx, "order", func(context.Context, []event.Event) error { return nil })
	})
	stopConsumer := start(t, func(ctx context.Context) error { return b.Consume(ctx, "customer", c.Handle) })
	return func() { stopConsumer(); stopOthers(); stopWorker() }
}

func start(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// say writes an event in a transaction.
func (h *house) say(t testing.TB, box *outbox.Outbox, words ...string) {
	for _, word := range words {
		require.NoError(t, h.order.Update(context.WithoutCancel(t.Context()), "say", func(tx *sqldb.Tx) error {
			return box.Append(t.Context(), tx, "words/"+word, 1, wrapperspb.String(word))
		}))
	}
}

func (h *house) heard(t testing.TB) (all, distinct int64) {
	return kittest.Number(t, h.customer, `select count(*) from effect`),
		kittest.Number(t, h.customer, `select count(distinct key) from effect`)
}

func (h *house) pending(t testing.TB) int64 {
	return kittest.Number(t, h.order, `select count(*) from outbox where pending`)
}

// awaitOnce waits until n events have had their effect, and looks that none had it twice.
func (h *house) awaitOnce(t testing.TB, n int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, distinct := h.heard(t)
		return distinct == n && h.pending(t) == 0
	}, 30*time.Second, 5*time.Millisecond)
	all, _ := h.heard(t)
	require.Equal(t, n, all)
}
