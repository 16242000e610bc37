package sandbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/ops"
	"kept.dev/kit/outbox"
	"kept.dev/kit/peer"
	"kept.dev/kit/sandbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

var (
	ring = timer.Local("ring")
	call = timer.Outside("call")
)

// unit is a service as kit/app puts it together, without its calls.
type unit struct {
	name     string
	db       *sqldb.DB
	clock    *clock.Sandbox
	outbox   *outbox.Outbox
	worker   *timer.Worker
	consumer *inbox.Inbox
	relay    *outbox.Relay
	channel  *peer.Channel
	bus      bus.Bus
	inside   atomic.Int64 // handlers that run
}

func newUnit(t testing.TB, name string, db *sqldb.DB, c *clock.Sandbox, b bus.Bus, refresh func(context.Context) error, handlers func(*unit) []inbox.Handler) *unit {
	log, counter := slog.New(slog.DiscardHandler), &telemetry.Activity{}
	u := &unit{name: name, db: db, clock: c, outbox: outbox.New(name, c), bus: b}
	u.worker = timer.NewWorker(timer.Config{DB: db, Clock: c, Log: log, Tracer: kittest.Tracer(), Activity: counter})
	u.consumer = inbox.New(inbox.Config{
		DB: db, Clock: c, Log: log, Tracer: kittest.Tracer(), Activity: counter, Handlers: handlers(u),
	}, u.worker)
	u.relay = outbox.NewRelay(outbox.RelayConfig{DB: db, Bus: b, Outbox: u.outbox, Source: name, Log: log, Activity: counter})
	u.channel = peer.NewChannel(nil, nil)
	opsv1.RegisterActivityServiceServer(u.channel, &ops.Activity{
		Service: name, Process: id.New(), DB: db, Bus: b, Clock: c, Counter: counter, Refresh: refresh,
		Kinds: u.worker.Kinds, Wake: func() { u.worker.Wake(); u.outbox.Nudge() },
	})
	return u
}

func (u *unit) run(t testing.TB) {
	start(t, u.relay.Run)
	start(t, u.worker.Run)
	start(t, func(ctx context.Context) error { return u.bus.Consume(ctx, u.name, u.consumer.Handle) })
}

func start(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// slowly takes real time, as handlers do.
func (u *unit) slowly(do func() error) error {
	u.inside.Add(1)
	defer u.inside.Add(-1)
	<-time.After(2 * time.Millisecond)
	return do()
}

// inProcess is the world of units in this process.
type inProcess []*unit

func (w inProcess) Members(context.Context) ([]opsv1.ActivityServiceClient, error) {
	var members []opsv1.ActivityServiceClient
	for _, u := range w {
		members = append(members, opsv1.NewActivityServiceClient(u.channel))
	}
	return members, nil
}

func (inProcess) Share(context.Context, time.Duration) error { return nil }

// story is two services that talk: a ring at the order service is an event, the customer service hears it, writes it
// down and calls out six hours later, and that is another event, which the order service writes down.
type story struct {
	order, customer *unit
	service         *sandbox.Service
}

const journal = `create table journal (n bigint not null, at bigint not null)`

func (s *story) units() []*unit { return []*unit{s.order, s.customer} }

func onSaid(u *unit, then func(ctx context.Context, tx *sqldb.Tx, word string) error) []inbox.Handler {
	return []inbox.Handler{inbox.On("words", func(ctx context.Context, tx *sqldb.Tx, e event.Event, fact *wrapperspb.StringValue) error {
		if e.Source == u.name {
			return nil
		}
		return u.slowly(func() error { return then(ctx, tx, fact.GetValue()) })
	})}
}

func (s *story) orderHears(u *unit) []inbox.Handler {
	return onSaid(u, func(_ context.Context, tx *sqldb.Tx, word string) error {
		tx.Exec(`insert into journal (n, at) values (2, $1)`, u.clock.Now().UnixMicro())
		return nil
	})
}

func (s *story) customerHears(u *unit) []inbox.Handler {
	return onSaid(u, func(ctx context.Context, tx *sqldb.Tx, word string) error {
		tx.Exec(`insert into journal (n, at) values (1, $1)`, u.clock.Now().UnixMicro())
		call.Set(ctx, tx, word, u.clock.Now().Add(6*time.Hour), nil)
		return nil
	})
}

// prepare names the handlers of the timers and starts both.
func (s *story) prepare(t testing.TB, before func()) {
	s.order.worker.Handle(ring, func(ctx context.Context, tx *sqldb.Tx, tm timer.Timer) error {
		return s.order.slowly(func() error {
			tx.Exec(`insert into journal (n, at) values (0, $1)`, tm.Due.UnixMicro())
			return s.order.outbox.Append(ctx, tx, "rings/"+tm.Key, 1, wrapperspb.String(tm.Key))
		})
	})
	s.customer.worker.HandleOutside(call, func(_ context.Context, tm timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
		err := s.customer.slowly(func() error { before(); return nil })
		return func(ctx context.Context, tx *sqldb.Tx) error {
			return s.customer.outbox.Append(ctx, tx, "calls/"+tm.Key, 1, wrapperspb.String(tm.Key))
		}, err
	})
	for _, u := range s.units() {
		u.run(t)
	}
}

// setRings sets n rings, evenly over the time.
func (s *story) setRings(t testing.TB, n int, over time.Duration) {
	require.NoError(t, s.order.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
		for i := range n {
			ring.Set(t.Context(), tx, fmt.Sprint(i), s.order.clock.Now().Add(over*time.Duration(i+1)/time.Duration(n+1)), nil)
		}
		return nil
	}))
}

// requireOver looks that n rings have gone their whole way and that nothing goes on.
func (s *story) requireOver(t testing.TB, n int64) {
	t.Helper()
	for _, u := range s.units() {
		require.Zero(t, u.inside.Load(), "%s: a handler runs", u.name)
		require.Zero(t, kittest.Number(t, u.db, `select count(*) from outbox where pending`), u.name)
		require.Zero(t, kittest.Number(t, u.db, `select count(*) from timer`), u.name)
	}
	require.Equal(t, n, kittest.Number(t, s.customer.db, `select count(*) from journal where n = 1`))
	require.Equal(t, n, kittest.Number(t, s.order.db, `select count(*) from journal where n = 2`))
	if s.order.db.Dialect() != "sqlite" { // only SQLite tells in which order rows were written
		return
	}
	rows, err := s.order.db.Query(t.Context(), `select at from journal where n = 0 order by rowid`)
	require.NoError(t, err)
	due, err := sqldb.All(rows, func(r *sqldb.Rows) (at int64, err error) { return at, r.Scan(&at) })
	require.NoError(t, err)
	require.Len(t, due, int(n))
	require.IsNonDecreasing(t, due, "what is due first happens first")
}

func localStory(t testing.TB) *story {
	s, c, b := &story{}, &clock.Sandbox{}, bus.NewLocal("order", "customer")
	open := func() *sqldb.DB { return kittest.Open(t, kittest.NewURL(t, "sqlite"), journal) }
	s.order = newUnit(t, "order", open(), c, b, nil, s.orderHears)
	s.customer = newUnit(t, "customer", open(), c, b, nil, s.customerHears)
	s.service = sandbox.New(c, inProcess(s.units()))
	return s
}

func TestTwentyDaysPassInASecond(t *testing.T) {
	s := localStory(t)
	s.prepare(t, func() {})
	s.setRings(t, 25, 19*24*time.Hour)
	begun := time.Now()
	_, err := advance(t.Context(), s.service, 20*24*time.Hour)
	require.NoError(t, err)
	took := time.Since(begun)
	s.requireOver(t, 25)
	t.Logf("twenty days with 25 rings, 25 calls and 50 events took %s", took)
	require.Less(t, took, 20*time.Second) // half a second on a quiet machine, ten times that under the race detector
}

func TestAdvanceDoesNotReturnWhileACallIsUnderWay(t *testing.T) {
	s := localStory(t)
	reached, goOn := make(chan struct{}), make(chan struct{})
	s.prepare(t, sync.OnceFunc(func() { close(reached); <-goOn }))
	s.setRings(t, 1, time.Hour)
	over := make(chan error, 1)
	looks := &counting{World: inProcess(s.units())}
	service := sandbox.New(s.order.clock, looks)
	go func() {
		_, err := advance(t.Context(), service, 24*time.Hour)
		over <- err
	}()
	<-reached
	seen := looks.n.Load()
	require.Eventually(t, func() bool { return looks.n.Load() > seen+20 }, 5*time.Second, time.Millisecond)
	select {
	case <-over:
		t.Fatal("returned while a call was under way")
	default:
	}
	close(goOn)
	require.NoError(t, <-over)
	s.requireOver(t, 1)
}

type counting struct {
	sandbox.World
	n atomic.Int64
}

func (c *counting) Members(ctx context.Context) ([]opsv1.ActivityServiceClient, error) {
	c.n.Add(1)
	return c.World.Members(ctx)
}

// Many short advances meet every moment of the hand-over from one service to the other.
func TestAdvanceNeverReturnsTooEarly(t *testing.T) {
	s := localStory(t)
	s.prepare(t, func() {})
	for i := range 60 {
		s.setRings(t, 2, time.Minute)
		_, err := advance(t.Context(), s.service, 12*time.Hour)
		require.NoError(t, err)
		s.requireOver(t, 2*int64(i+1))
	}
}
