package timer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

func TestSetSetAnewAndCancel(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, ringing)
		b.set(t, ring, "a", time.Hour)
		b.set(t, ring, "b", time.Hour)
		b.set(t, ring, "a", 2*time.Hour)
		b.do(t, func(tx *sqldb.Tx) { ring.Cancel(tx, "b"); ring.Cancel(tx, "never there") })
		require.Zero(t, round(t, w))
		b.pass(time.Hour + time.Minute)
		require.Zero(t, round(t, w), "a was put off, b cancelled")
		b.pass(time.Hour)
		require.Equal(t, 1, round(t, w))
		require.EqualValues(t, 1, b.effects(t, "a"))
		require.Zero(t, b.timers(t))
	})
}

func TestATimerAndItsTransactionAreOne(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		err := b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			ring.Set(t.Context(), tx, "a", b.clock.Now(), nil)
			return errBroken
		})
		require.ErrorIs(t, err, errBroken)
		require.Zero(t, b.timers(t))
	})
}

func TestLocalTimersHaveEffectOnceWithFourWorkers(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		const n = 600
		b.do(t, func(tx *sqldb.Tx) {
			for i := range n {
				ring.Set(t.Context(), tx, fmt.Sprint(i), b.clock.Now(), nil)
			}
		})
		for range 4 {
			w := b.worker(t)
			w.Handle(ring, ringing)
			start(t, w)
		}
		require.Eventually(t, func() bool { return b.timers(t) == 0 }, 20*time.Second, time.Millisecond)
		require.EqualValues(t, n, kittest.Number(t, b.db, `select count(*) from effect`))
		require.EqualValues(t, n, kittest.Number(t, b.db, `select count(distinct key) from effect`))
	})
}

func TestAFailingTimerDoesNotHurtItsBatch(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, tm timer.Timer) error {
			effect(tx, tm)
			switch tm.Key {
			case "3":
				return errBroken
			case "5":
				panic("boom")
			}
			return nil
		})
		for i := range 10 {
			b.set(t, ring, fmt.Sprint(i), 0)
		}
		require.Equal(t, 10, round(t, w))
		require.EqualValues(t, 8, kittest.Number(t, b.db, `select count(*) from effect`))
		list := failed(t, b.db)
		require.Len(t, list, 2)
		why := map[string]string{}
		for _, f := range list {
			require.EqualValues(t, 1, f.Attempts)
			why[f.Key] = f.Error
		}
		require.Equal(t, "it is broken", why["3"])
		require.Contains(t, why["5"], "panic: boom")
	})
}

func TestFailuresBackOffAndPark(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		mended, tries := false, 0
		w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, tm timer.Timer) error {
			tries++
			effect(tx, tm)
			if !mended {
				return errBroken
			}
			return nil
		})
		b.set(t, ring, "a", 0)
		first := b.clock.Now()
		for attempt := 1; attempt <= 15; attempt++ {
			before := tries
			require.Equal(t, 1, round(t, w), "attempt %d", attempt)
			require.Equal(t, before+1, tries, "it is alone already")
			wait := min(time.Hour, time.Second<<(attempt-1))
			f := failed(t, b.db)[0]
			require.EqualValues(t, attempt, f.Attempts)
			require.Equal(t, attempt == 15, f.Parked)
			require.WithinDuration(t, first, f.Since, 5*time.Second)
			b.pass(wait - wait/10 - 100*time.Millisecond)
			if wait > 2*time.Second {
				require.Zero(t, round(t, w), "too early after attempt %d", attempt)
			}
			b.pass(wait/10 + 200*time.Millisecond)
		}
		b.pass(1000 * time.Hour)
		require.Zero(t, round(t, w), "parked")

		mended = true
		b.do(t, func(tx *sqldb.Tx) {
			f, err := timer.Replay(tx, "ring", "a", b.clock.Now())
			require.NoError(t, err)
			require.Zero(t, f.Attempts)
			require.False(t, f.Parked)
		})
		require.Empty(t, failed(t, b.db))
		require.Equal(t, 1, round(t, w))
		require.EqualValues(t, 1, b.effects(t, "a"))
	})
}

func TestAHandlerMaySetItsTimerAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, func(ctx context.Context, tx *sqldb.Tx, tm timer.Timer) error {
			effect(tx, tm)
			ring.Set(ctx, tx, tm.Key, tm.Due.Add(time.Hour), tm.Payload)
			return nil
		})
		b.set(t, ring, "a", 0)
		for i := range 3 {
			require.Equal(t, 1, round(t, w), "round %d", i)
			require.Zero(t, round(t, w))
			b.pass(time.Hour)
		}
		require.EqualValues(t, 3, b.effects(t, "a"))
		require.EqualValues(t, 1, b.timers(t))
	})
}

// A timer that is set anew while it fails must not be moved by the charge.
func TestAFailureIsNotChargedToATimerThatWasSetAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t, lease(time.Minute))
		later := b.clock.Now().Add(5 * time.Hour)
		w.HandleOutside(call, func(ctx context.Context, _ timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
			b.do(t, func(tx *sqldb.Tx) { call.Set(ctx, tx, "a", later, nil) })
			return nil, errBroken
		})
		b.set(t, call, "a", 0)
		round(t, w)
		require.Empty(t, failed(t, b.db))
		require.Equal(t, later.UnixMicro(), kittest.Number(t, b.db, `select due from timer`))
	})
}

func TestAnOutageChargesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		away := errs.Unavailable("DATABASE_UNAVAILABLE", "away")
		for _, fault := range []error{away, errs.Overloaded("DATABASE_BUSY", time.Second)} {
			w := b.worker(t)
			w.Handle(ring, func(context.Context, *sqldb.Tx, timer.Timer) error { return fault })
			b.set(t, ring, "a", 0)
			_, err := w.Round(t.Context())
			require.ErrorIs(t, err, fault)
			require.Empty(t, failed(t, b.db))
		}
	})
}

// A cause that PostgreSQL would not take as text must not keep the failure from being noted.
func TestAnyErrorCanBeNoted(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, func(context.Context, *sqldb.Tx, timer.Timer) error {
			return errors.New("a\x00b \xff" + strings.Repeat("é", 400))
		})
		b.set(t, ring, "a", 0)
		require.Equal(t, 1, round(t, w))
		list := failed(t, b.db)
		require.Len(t, list, 1)
		require.True(t, strings.HasPrefix(list[0].Error, "a\uFFFDb \uFFFDé"), list[0].Error)
		require.LessOrEqual(t, len(list[0].Error), 510)
	})
}

func TestListFailedPages(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		now := b.clock.Now()
		b.do(t, func(tx *sqldb.Tx) {
			for i := range 25 { // several at the same moment
				ring.SetFailed(tx, fmt.Sprintf("k%02d", i), "kept.test.v1.Said", "", now.Add(time.Duration(i/10)), errBroken, []byte{})
			}
		})
		b.set(t, ring, "healthy", time.Hour)
		var keys []string
		after := timer.Failed{}
		for {
			page, err := timer.ListFailed(t.Context(), b.db, after, 7)
			require.NoError(t, err)
			for _, f := range page {
				require.Equal(t, "kept.test.v1.Said", f.Type)
				keys = append(keys, f.Key)
			}
			if len(page) < 7 {
				break
			}
			after = page[6]
		}
		require.Len(t, keys, 25)
		require.IsIncreasing(t, keys)

		b.do(t, func(tx *sqldb.Tx) { require.NoError(t, timer.Drop(tx, "ring", "k03")) })
		require.Len(t, failed(t, b.db), 24)
		b.do(t, func(tx *sqldb.Tx) { require.ErrorIs(t, timer.Drop(tx, "ring", "healthy"), sqldb.ErrNoRow) })
		require.NoError(t, b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			_, err := timer.Replay(tx, "ring", "healthy", now)
			require.ErrorIs(t, err, sqldb.ErrNoRow)
			return nil
		}))
	})
}

func TestKeysHaveNoDots(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		err := b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			ring.Set(t.Context(), tx, "a.b", b.clock.Now(), nil)
			return nil
		})
		require.True(t, sqldb.Violates(err, "timer_key_plain"), "%v", err)
	})
}
