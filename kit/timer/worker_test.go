package timer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

var (
	birthday = timer.Local("birthday")
	strange  = timer.Local("event/strange")
)

// rarely has a worker that looks by itself only when the test is over.
func rarely(c *timer.Config) { c.Poll = time.Hour }

// During an upgrade an old replica must not touch what only the new one knows.
func TestUnknownKindsWaitForAWorkerThatKnowsThem(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		old := b.worker(t)
		old.Handle(ring, ringing)
		old.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) { return finishing(tm), nil })
		b.set(t, strange, "a", 0)
		b.set(t, timer.Outside("strange call"), "b", 0)
		b.set(t, ring, "c", 0)
		b.set(t, call, "d", 0)
		require.Equal(t, 2, round(t, old))
		require.Zero(t, round(t, old))
		require.EqualValues(t, 2, kittest.Number(t, b.db, `select count(*) from timer where attempts = 0 and leased = 0 and fence > 0`))
		require.Equal(t, []string{"ring", "call"}, old.Kinds())

		next := b.worker(t)
		next.Handle(strange, ringing)
		require.Equal(t, 1, round(t, next))
		require.EqualValues(t, 1, b.effects(t, "a"))
	})
}

// However many of one kind are due, and before all others, those of another kind go at once: the first batch of the many is
// still being worked on here.
func TestALongQueueOfOneKindHoldsNoOtherUp(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		var settings []timer.Setting
		for i := range 1000 {
			settings = append(settings, birthday.At(t.Context(), fmt.Sprint(i), b.clock.Now().Add(-time.Hour), nil))
		}
		b.do(t, func(tx *sqldb.Tx) { timer.SetAll(tx, settings...) })
		promised, began := make(chan struct{}), make(chan struct{}, 1000)
		w := b.worker(t)
		w.Handle(birthday, ringing)
		w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, tm timer.Timer) error {
			effect(tx, tm)
			tx.AfterCommit(func() {
				if tm.Key == "promise" {
					close(promised)
				}
			})
			return nil
		})
		w.HandleOutside(call, func(ctx context.Context, _ timer.Timer) (finish, error) {
			began <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		b.set(t, ring, "promise", 0)
		b.set(t, call, "hangs", 0)
		require.Equal(t, 202, roundUntil(t, w, began), "a batch of the many, and the others")
		<-promised
		require.EqualValues(t, 800, kittest.Number(t, b.db, `select count(*) from timer where kind = 'birthday'`))
	})
}

// roundUntil makes one round, and cuts its calls short when one has begun.
func roundUntil(t testing.TB, w *timer.Worker, began <-chan struct{}) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-began; cancel() }()
	n, err := w.Round(ctx)
	require.NoError(t, err)
	return n
}

// Whoever sets a timer need not wait for the worker's next look, whether it is due at once or soon.
func TestSettingATimerWakesTheWorker(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t, rarely)
		w.Handle(ring, ringing)
		w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) { return finishing(tm), nil })
		start(t, w)
		b.set(t, ring, "now", 0)
		b.set(t, ring, "soon", 30*time.Millisecond)
		b.set(t, call, "now", 0)
		b.set(t, call, "soon", 20*time.Millisecond)
		b.set(t, ring, "later", time.Hour)
		require.Eventually(t, func() bool { return b.timers(t) == 1 }, 20*time.Second, time.Millisecond)
		require.EqualValues(t, 2, b.effects(t, "soon"))

		b.pass(time.Hour)
		w.Wake() // a clock that has been moved
		require.Eventually(t, func() bool { return b.effects(t, "later") == 1 }, 20*time.Second, time.Millisecond)
	})
}

// What is due when the worker starts, and what is due soon then, is found by its first look.
func TestTheFirstLookFindsWhatIsDueSoon(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.set(t, ring, "now", 0)
		b.set(t, ring, "soon", 100*time.Millisecond)
		b.set(t, ring, "later", time.Hour)
		w := b.worker(t, rarely)
		w.Handle(ring, ringing)
		start(t, w)
		require.Eventually(t, func() bool { return b.timers(t) == 1 }, 20*time.Second, time.Millisecond)
	})
}

// What another process has set is found by a poll.
func TestAPollFindsWhatOthersHaveSet(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, ringing)
		start(t, w)
		kittest.Exec(t, b.db, `insert into timer (kind, key, due, payload, traceparent) values ('ring', 'a', 1, '', '')`)
		require.Eventually(t, func() bool { return b.effects(t, "a") == 1 }, 20*time.Second, time.Millisecond)
	})
}

// Calls of which only so many are made at once go on as soon as one has ended, without another look.
func TestTheEndOfACallMakesRoomForTheNext(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for i := range 100 {
			b.set(t, call, fmt.Sprint(i), 0)
		}
		b.setMails(t, 100)
		w := b.mailing(t, 8, well, rarely)
		w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) { return finishing(tm), nil })
		start(t, w)
		require.Eventually(t, func() bool { return b.timers(t) == 0 }, 20*time.Second, time.Millisecond)
	})
}

func TestAKindHasOneHandler(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, ringing)
		require.Panics(t, func() { w.Handle(ring, ringing) })
		require.Panics(t, func() { w.Handle(call, ringing) }, "it calls outside")
		require.Panics(t, func() { w.HandleOutside(birthday, nil) }, "it is local")
	})
}
