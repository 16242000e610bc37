package timer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

var mail = timer.Outside("mail")

type mails = []*timer.Call[string]

// mailing makes a worker that calls many at a time. post says what becomes of a timer; what it says is the effect's key.
func (b *bench) mailing(t testing.TB, atOnce int, post func(ctx context.Context, c *timer.Call[string]) error, tune ...func(*timer.Config)) *timer.Worker {
	w := b.worker(t, tune...)
	timer.HandleMany(w, mail, timer.Many[string]{
		AtOnce: atOnce,
		Start: func(ctx context.Context, calls mails) {
			var crowd sync.WaitGroup
			for _, c := range calls {
				crowd.Go(func() { c.End(c.Key, post(ctx, c)) })
			}
			crowd.Wait()
		},
		Finish: writing,
	})
	return w
}

// writing writes an effect for each: that it went well, or that it did not.
func writing(_ context.Context, tx *sqldb.Tx, ended mails) error {
	for _, c := range ended {
		key := c.Result
		if c.Err != nil {
			key += " failed"
		}
		tx.Exec(`insert into effect (n, key, at) values (1, $1, 0)`, key)
	}
	return nil
}

func well(context.Context, *timer.Call[string]) error { return nil }

func (b *bench) setMails(t testing.TB, n int) {
	t.Helper()
	b.do(t, func(tx *sqldb.Tx) {
		for i := range n {
			mail.Set(t.Context(), tx, fmt.Sprint(i), b.clock.Now(), nil)
		}
	})
}

func TestManyAreCalledOnceByFourWorkers(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		const n = 500
		b.setMails(t, n)
		for range 4 {
			start(t, b.mailing(t, 20, well))
		}
		require.Eventually(t, func() bool { return b.timers(t) == 0 }, 20*time.Second, time.Millisecond)
		require.EqualValues(t, n, kittest.Number(t, b.db, `select count(distinct key) from effect`))
		require.EqualValues(t, n, kittest.Number(t, b.db, `select count(*) from effect`))
	})
}

// Each is as good as its own end: one that fails is charged, one that was taken over does not count, and the others are over.
func TestOneOfManyDoesNotSpoilTheOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		w := b.mailing(t, 20, func(_ context.Context, c *timer.Call[string]) error {
			switch c.Key {
			case "3":
				return errBroken
			case "4":
				kittest.Exec(t, b.db, `update timer set fence = fence + 1 where key = '4'`)
			case "5":
				b.do(t, func(tx *sqldb.Tx) { mail.Cancel(tx, "5") })
			case "6":
				b.do(t, func(tx *sqldb.Tx) { mail.Set(t.Context(), tx, "6", b.clock.Now().Add(time.Hour), nil) })
			}
			return nil
		})
		b.setMails(t, 10)
		require.Equal(t, 10, round(t, w))
		require.EqualValues(t, 7, kittest.Number(t, b.db, `select count(*) from effect`))
		require.EqualValues(t, 1, b.effects(t, "3 failed"))
		for _, lost := range []string{"4", "5", "6"} {
			require.Zero(t, b.effects(t, lost))
		}
		require.EqualValues(t, 3, b.timers(t))
		list := failed(t, b.db)
		require.Len(t, list, 1)
		require.Equal(t, "3 1 it is broken", fmt.Sprint(list[0].Key, " ", list[0].Attempts, " ", list[0].Error))
		require.Zero(t, round(t, w), "it backs off")
	})
}

// What can't be written down together is written one by one, and charged to the one that can't be.
func TestAFailingFinishOfManyIsChargedToItsCause(t *testing.T) {
	for name, fault := range map[string]func(tx *sqldb.Tx) error{
		"a statement": func(tx *sqldb.Tx) error { tx.Exec(`insert into nowhere values (1)`); return nil },
		"an error":    func(*sqldb.Tx) error { return errBroken },
		"a panic":     func(*sqldb.Tx) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *bench) {
				w := b.worker(t)
				timer.HandleMany(w, mail, timer.Many[string]{
					AtOnce: 20,
					Start: func(_ context.Context, calls mails) {
						for _, c := range calls {
							c.End(c.Key, nil)
						}
					},
					Finish: func(ctx context.Context, tx *sqldb.Tx, ended mails) error {
						for _, c := range ended {
							if c.Key == "7" {
								return fault(tx)
							}
						}
						return writing(ctx, tx, ended)
					},
				})
				b.setMails(t, 10)
				require.Equal(t, 10, round(t, w))
				require.EqualValues(t, 9, kittest.Number(t, b.db, `select count(distinct key) from effect`))
				require.EqualValues(t, 9, kittest.Number(t, b.db, `select count(*) from effect`))
				list := failed(t, b.db)
				require.Len(t, list, 1)
				require.Equal(t, "7", list[0].Key)
			})
		})
	}
}

func TestWhatAHandlerOfManyForgetsIsCharged(t *testing.T) {
	for name, begin := range map[string]func(calls mails){
		"forgotten": func(calls mails) { calls[0].End("done", nil); calls[0].End("twice", errBroken) },
		"panic":     func(calls mails) { calls[0].End("done", nil); panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *bench) {
				w := b.worker(t)
				timer.HandleMany(w, mail, timer.Many[string]{
					AtOnce: 20, Finish: writing, Start: func(_ context.Context, calls mails) { begin(calls) },
				})
				b.setMails(t, 3)
				require.Equal(t, 3, round(t, w))
				require.EqualValues(t, 1, b.effects(t, "done"), "its first word counts")
				require.Len(t, failed(t, b.db), 2)
			})
		})
	}
}

// A provider of many that hangs holds up neither the calls of other kinds nor local timers, and those that it has answered are
// written down meanwhile.
func TestManyThatHangHoldNobodyUp(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		goOn := make(chan struct{})
		w := b.mailing(t, 8, func(_ context.Context, c *timer.Call[string]) error {
			if c.Key != "1" {
				<-goOn
			}
			return nil
		})
		w.Handle(ring, ringing)
		w.HandleOutside(call, func(_ context.Context, tm timer.Timer) (finish, error) { return finishing(tm), nil })
		b.setMails(t, 20)
		start(t, w)
		require.Eventually(t, func() bool { return b.effects(t, "1") == 1 }, 10*time.Second, time.Millisecond)
		for i := range 30 {
			b.set(t, call, fmt.Sprint("call", i), 0)
		}
		b.set(t, ring, "ring", 0)
		require.Eventually(t, func() bool { return b.timers(t) == 19 }, 10*time.Second, time.Millisecond)
		close(goOn)
		require.Eventually(t, func() bool { return b.timers(t) == 0 }, 10*time.Second, time.Millisecond)
		require.EqualValues(t, 51, kittest.Number(t, b.db, `select count(*) from effect`))
	})
}

// The calls have until their leases are over, and what comes later counts for nothing.
func TestManyAreCalledWithinTheirLease(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.setMails(t, 1)
		quick := b.mailing(t, 8, well)
		slow := b.mailing(t, 8, func(ctx context.Context, _ *timer.Call[string]) error {
			<-ctx.Done()
			for n := 0; n == 0 && t.Context().Err() == nil; {
				n, _ = quick.Round(t.Context())
			}
			return nil
		}, lease(20*time.Millisecond))
		require.Equal(t, 1, round(t, slow))
		require.EqualValues(t, 1, b.effects(t, "0"))
		require.Zero(t, b.timers(t))
	})
}

func TestAStoppingWorkerHandsTheLeasesOfManyBack(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		called := make(chan struct{}, 3)
		stop := start(t, b.mailing(t, 8, func(ctx context.Context, c *timer.Call[string]) error {
			called <- struct{}{}
			<-ctx.Done()
			if c.Key == "0" {
				return nil // the answer came all the same
			}
			return ctx.Err()
		}))
		b.setMails(t, 3)
		for range 3 {
			<-called
		}
		stop()
		require.Empty(t, failed(t, b.db), "nobody is charged")
		require.EqualValues(t, 1, b.effects(t, "0"))
		require.EqualValues(t, 2, kittest.Number(t, b.db, `select count(*) from timer where leased = 0`))
		require.Equal(t, 2, round(t, b.mailing(t, 8, well)))
	})
}
