package timer_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

type finish = func(context.Context, *sqldb.Tx) error

func finishing(tm timer.Timer) finish {
	return func(_ context.Context, tx *sqldb.Tx) error {
		effect(tx, tm)
		return nil
	}
}

func TestOneCallWhileTheLeaseHolds(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		var calls atomic.Int64
		goOn := make(chan struct{})
		for range 4 {
			w := b.worker(t)
			w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) {
				calls.Add(1)
				<-goOn
				return finishing(tm), nil
			})
			start(t, w)
		}
		for i := range 10 {
			b.set(t, call, fmt.Sprint(i), 0)
		}
		require.Eventually(t, func() bool { return calls.Load() == 10 }, 10*time.Second, time.Millisecond)
		close(goOn)
		require.Eventually(t, func() bool { return b.timers(t) == 0 }, 10*time.Second, time.Millisecond)
		require.EqualValues(t, 10, calls.Load())
		require.EqualValues(t, 10, kittest.Number(t, b.db, `select count(distinct key) from effect`))
		require.EqualValues(t, 10, kittest.Number(t, b.db, `select count(*) from effect`))
	})
}

// The guard lease.fence: without it the stalled worker's result would be written too.
func TestAStalledWorkerIsOvertakenAndItsResultDoesNotCount(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		stalled, goOn := make(chan struct{}), make(chan struct{})
		slow := b.worker(t, lease(20*time.Millisecond))
		slow.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) {
			close(stalled)
			<-goOn
			return finishing(tm), nil
		})
		quick := b.worker(t)
		quick.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) { return finishing(tm), nil })

		b.set(t, call, "a", 0)
		over := make(chan error, 1)
		go func() {
			_, err := slow.Round(context.WithoutCancel(t.Context()))
			over <- err
		}()
		<-stalled
		require.Eventually(t, func() bool { return round(t, quick) == 1 }, 5*time.Second, time.Millisecond)
		require.EqualValues(t, 1, b.effects(t, "a"))
		close(goOn)
		require.NoError(t, <-over)
		require.EqualValues(t, 1, b.effects(t, "a"), "the result is written once")
		require.Empty(t, failed(t, b.db))
	})
}

func TestALateFailureDoesNotChargeTheNextWorker(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		stalled, fail, called, goOn := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
		slow := b.worker(t, lease(20*time.Millisecond))
		slow.HandleOutside(call, func(context.Context, timer.Timer) (finish, error) {
			close(stalled)
			<-fail
			return nil, errBroken
		})
		next := b.worker(t)
		next.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) {
			close(called)
			<-goOn
			return finishing(tm), nil
		})
		b.set(t, call, "a", 0)
		over := make(chan struct{})
		go func() { defer close(over); _, _ = slow.Round(context.WithoutCancel(t.Context())) }()
		<-stalled
		start(t, next)
		<-called
		close(fail)
		<-over
		require.Empty(t, failed(t, b.db))
		require.Positive(t, kittest.Number(t, b.db, `select leased from timer`), "the next worker's lease stands")
		close(goOn)
		require.Eventually(t, func() bool { return b.effects(t, "a") == 1 && b.timers(t) == 0 }, 5*time.Second, time.Millisecond)
	})
}

// Whoever sets the timer anew, or cancels it and sets it again, while a call is under way, gets a call of its own.
func TestACallDoesNotEndATimerThatWasSetAnew(t *testing.T) {
	for name, again := range map[string]func(t *testing.T, b *bench){
		"set anew": func(t *testing.T, b *bench) { b.set(t, call, "a", time.Hour) },
		"cancelled, set and leased": func(t *testing.T, b *bench) {
			b.do(t, func(tx *sqldb.Tx) { call.Cancel(tx, "a") })
			b.set(t, call, "a", time.Hour)
			kittest.Exec(t, b.db, `update timer set fence = fence + 1`)
		},
		"cancelled": func(t *testing.T, b *bench) { b.do(t, func(tx *sqldb.Tx) { call.Cancel(tx, "a") }) },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *bench) {
				w := b.worker(t)
				w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) {
					again(t, b)
					return finishing(tm), nil
				})
				b.set(t, call, "a", 0)
				round(t, w)
				require.Zero(t, b.effects(t, "a"))
				want := int64(1)
				if name == "cancelled" {
					want = 0
				}
				require.Equal(t, want, b.timers(t))
			})
		})
	}
}

func TestAFailingFinishIsChargedAndTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		faults := []finish{
			func(_ context.Context, tx *sqldb.Tx) error { tx.Exec(`insert into nowhere values (1)`); return nil },
			func(context.Context, *sqldb.Tx) error { return errBroken },
			func(context.Context, *sqldb.Tx) error { panic("boom") },
			nil,
		}
		calls := 0
		w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) {
			calls++
			if calls <= len(faults) {
				return faults[calls-1], nil
			}
			return finishing(tm), nil
		})
		b.set(t, call, "a", 0)
		for i := range faults {
			require.Equal(t, 1, round(t, w))
			require.EqualValues(t, i+1, failed(t, b.db)[0].Attempts)
			require.Zero(t, round(t, w), "it backs off")
			b.pass(time.Hour)
		}
		require.Equal(t, 1, round(t, w))
		require.EqualValues(t, 1, b.effects(t, "a"))
		require.Zero(t, b.timers(t))
	})
}

// A provider that does not answer must not hold up promises, nor the calls to others.
func TestASlowCallHoldsNobodyUp(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.worker(t)
		w.Handle(ring, ringing)
		goOn, slow := make(chan struct{}), make(chan struct{}, 99)
		w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) {
			if tm.Key == "slow" {
				slow <- struct{}{}
				<-goOn
			}
			return finishing(tm), nil
		})
		start(t, w)
		b.set(t, call, "slow", 0)
		<-slow
		b.set(t, ring, "a", 0)
		for i := range 30 {
			b.set(t, call, fmt.Sprint(i), 0)
		}
		require.Eventually(t, func() bool { return b.timers(t) == 1 }, 10*time.Second, time.Millisecond)
		require.EqualValues(t, 1, b.effects(t, "a"))
		close(goOn)
		require.Eventually(t, func() bool { return b.timers(t) == 0 }, 10*time.Second, time.Millisecond)
	})
}

func TestAStoppingWorkerHandsItsLeaseBack(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w, called := b.worker(t), make(chan struct{})
		w.HandleOutside(call, func(ctx context.Context, _ timer.Timer) (finish, error) {
			close(called)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		stop := start(t, w)
		b.set(t, call, "a", 0)
		<-called
		stop()
		require.Empty(t, failed(t, b.db), "nobody is charged")
		next := b.worker(t)
		next.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) { return finishing(tm), nil })
		require.Equal(t, 1, round(t, next))
		require.EqualValues(t, 1, b.effects(t, "a"))
	})
}

func TestWhatCameBackIsWrittenEvenWhenTheWorkerStops(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w, called := b.worker(t), make(chan struct{})
		w.HandleOutside(call, func(ctx context.Context, tm timer.Timer) (finish, error) {
			close(called)
			<-ctx.Done()
			return finishing(tm), nil
		})
		stop := start(t, w)
		b.set(t, call, "a", 0)
		<-called
		stop()
		require.EqualValues(t, 1, b.effects(t, "a"))
		require.Zero(t, b.timers(t))
	})
}
