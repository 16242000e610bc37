package timer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/clock"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// A statement that takes too long is no outage: its batch is split, and only its own timer is charged.
func TestATimerThatTakesTooLongIsChargedAlone(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "postgres"), `create table effect (n bigint not null, key text not null, at bigint not null)`)
	b := &bench{db: db, clock: &clock.Sandbox{}}
	w := b.worker(t)
	w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, tm timer.Timer) error {
		if tm.Key == "slow" {
			tx.Exec(`set local statement_timeout = 50`)
			tx.Exec(`select pg_sleep(60)`)
		}
		effect(tx, tm)
		return nil
	})
	for i := range 40 {
		b.set(t, ring, fmt.Sprint(i), 0)
	}
	b.set(t, ring, "slow", -time.Hour)
	require.Equal(t, 41, round(t, w))
	require.EqualValues(t, 40, kittest.Number(t, db, `select count(*) from effect`))
	list := failed(t, db)
	require.Len(t, list, 1)
	require.Equal(t, "slow", list[0].Key)
	require.EqualValues(t, 1, list[0].Attempts)
}

// Where everything is slow, so is the only timer that is due: it is tried again, and charged when others went through meanwhile.
func TestWhereEverythingIsSlowNoTimerIsCharged(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "postgres"), `create table effect (n bigint not null, key text not null, at bigint not null)`)
	b := &bench{db: db, clock: &clock.Sandbox{}}
	w := b.worker(t)
	w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, tm timer.Timer) error {
		if tm.Key != "quick" {
			tx.Exec(`set local statement_timeout = 20`)
			tx.Exec(`select pg_sleep(60)`)
		}
		return nil
	})
	b.set(t, ring, "a", -time.Hour)
	b.set(t, ring, "b", -time.Hour)
	_, err := w.Round(t.Context())
	require.True(t, sqldb.TimedOut(err), "%v", err)
	require.Empty(t, failed(t, db))
	b.set(t, ring, "quick", 0)
	require.Equal(t, 3, round(t, w))
	require.Len(t, failed(t, db), 2)
}

// A result that can't be written in time is nobody's fault where everything is slow.
func TestAResultThatTakesTooLongToWriteIsChargedAmongOthersOnly(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "postgres"), `create table effect (n bigint not null, key text not null, at bigint not null)`)
	b := &bench{db: db, clock: &clock.Sandbox{}}
	meanwhile := func() {}
	slow := func(context.Context, timer.Timer) (finish, error) {
		return func(_ context.Context, tx *sqldb.Tx) error {
			meanwhile()
			tx.Exec(`set local statement_timeout = 20`)
			tx.Exec(`select pg_sleep(60)`)
			return nil
		}, nil
	}
	alone := b.worker(t, lease(time.Millisecond)) // the next worker need not wait for long
	alone.HandleOutside(call, slow)
	b.set(t, call, "slow", 0)
	require.Equal(t, 1, round(t, alone))
	require.Empty(t, failed(t, db))

	w := b.worker(t)
	w.HandleOutside(call, slow)
	w.Handle(ring, func(context.Context, *sqldb.Tx, timer.Timer) error { return nil })
	// The only round of the calls' pool is under way while that of the bells does its work.
	began, goOn := make(chan struct{}), make(chan struct{})
	meanwhile = sync.OnceFunc(func() { close(began); <-goOn })
	stop := start(t, w)
	<-began
	b.set(t, ring, "quick", 0)
	require.Eventually(t, func() bool { return b.timers(t) == 1 }, 10*time.Second, time.Millisecond)
	close(goOn)
	require.Eventually(t, func() bool { return len(failed(t, db)) == 1 }, 10*time.Second, time.Millisecond)
	stop()
}

// Whoever waits for rows that another transaction holds has done nothing wrong.
func TestWaitingForALockIsChargedToNobody(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "postgres"), `create table hot (n bigint not null)`, `insert into hot values (1)`)
	b := &bench{db: db, clock: &clock.Sandbox{}}
	w := b.worker(t)
	w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, _ timer.Timer) error {
		tx.Exec(`set local lock_timeout = 50`)
		tx.Exec(`update hot set n = n + 1`)
		return nil
	})
	b.set(t, ring, "a", 0)
	b.set(t, ring, "b", 0)
	b.do(t, func(tx *sqldb.Tx) {
		_, err := tx.Query(`update hot set n = 5 returning n`)
		require.NoError(t, err)
		_, err = w.Round(t.Context())
		require.True(t, sqldb.Locked(err), "%v", err)
	})
	require.Empty(t, failed(t, db))
	require.Equal(t, 2, round(t, w))
}

// The boundaries of batches and of their halves: each timer has its effect once, whatever their number and whoever fails.
func TestBatchesOfAnySize(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		broken := map[string]bool{}
		w := b.worker(t)
		w.Handle(ring, func(_ context.Context, tx *sqldb.Tx, tm timer.Timer) error {
			effect(tx, tm)
			if broken[tm.Key] {
				return errBroken
			}
			return nil
		})
		for _, n := range []int{1, 2, 3, 7, 8, 9, 25, 199, 200, 201} {
			kittest.Exec(t, b.db, `delete from effect`)
			kittest.Exec(t, b.db, `delete from timer`)
			first, last := "0", fmt.Sprint(n-1)
			clear(broken)
			broken[first], broken[last] = true, true
			var all []timer.Setting
			for i := range n {
				all = append(all, ring.At(t.Context(), fmt.Sprint(i), b.clock.Now().Add(time.Duration(i-n)*time.Second), nil))
			}
			b.do(t, func(tx *sqldb.Tx) { timer.SetAll(tx, all...) })
			require.Equal(t, min(n, 200), round(t, w), "%d timers", n)
			require.Equal(t, max(0, n-200), round(t, w), "%d timers", n)
			require.EqualValues(t, max(0, n-2), kittest.Number(t, b.db, `select count(distinct key) from effect`), "%d timers", n)
			require.EqualValues(t, max(0, n-2), kittest.Number(t, b.db, `select count(*) from effect`), "%d timers", n)
			require.Len(t, failed(t, b.db), len(broken), "%d timers", n)
			require.EqualValues(t, len(broken), b.timers(t))
		}
	})
}
