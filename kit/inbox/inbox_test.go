package inbox_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// The guard inbox.check: without it every repetition would have its effect again.
func TestAnEventHasItsEffectOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		one, two := newEvent(t, "one"), newEvent(t, "two")
		b.handle(t, one)
		b.handle(t, two, one, two)
		b.handle(t, one, two)
		require.EqualValues(t, 2, b.count(t))
		require.Empty(t, b.failed(t))
	})
}

func TestReplicasWithTheSameEventsHaveOneEffect(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		var events []event.Event
		for i := range 300 {
			events = append(events, newEvent(t, fmt.Sprint(i)))
		}
		var replicas sync.WaitGroup
		faults := make([]error, 4)
		for i := range faults {
			replicas.Go(func() {
				r := newBench(b.db)
				for from := 0; from < 300; from += 50 {
					faults[i] = errors.Join(faults[i], r.consumer.Handle(t.Context(), events[from:min(from+100, 300)]))
				}
			})
		}
		replicas.Wait()
		require.NoError(t, errors.Join(faults...))
		require.EqualValues(t, 300, b.count(t))
		require.EqualValues(t, 300, kittest.Number(t, b.db, `select count(distinct key) from effect`))
	})
}

func TestEventsOfOthersAreLeftAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		e := newEvent(t, "one")
		e.Type = "kept.order.v1.SomethingElse"
		b.handle(t, e)
		require.Zero(t, b.count(t))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from inbox`))
	})
}

func TestOnePoisonousEventInAHundred(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for _, poison := range []string{"broken", "panic"} {
			b.broken["broken"] = true
			before := b.count(t)
			var events []event.Event
			for i := range 100 {
				events = append(events, newEvent(t, fmt.Sprint(i)))
			}
			events[42] = newEvent(t, poison)
			b.handle(t, events...)
			require.Less(t, b.count(t)-before, int64(99), "what is near the poison waits for a timer, at once")
			b.round(t)
			require.EqualValues(t, 99, b.count(t)-before)
			list := b.failed(t)
			f := list[len(list)-1]
			require.Equal(t, events[42].ID, f.Key)
			require.EqualValues(t, 1, f.Attempts)
			require.Equal(t, "google.protobuf.StringValue", f.Type)
			require.Equal(t, "words/"+poison, inbox.SubjectOf(f))
			b.handle(t, events...) // the bus gives them again
			require.EqualValues(t, 99, b.count(t)-before)
			require.EqualValues(t, 1, b.failed(t)[len(list)-1].Attempts, "charged once")
		}
		require.Len(t, b.failed(t), 2)
	})
}

func TestFailedEventsBackOffAndPark(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.broken["x"] = true
		b.handle(t, newEvent(t, "x"))
		require.Zero(t, b.round(t), "it backs off")
		for attempt := 2; attempt <= 15; attempt++ {
			b.pass(time.Hour)
			require.Equal(t, 1, b.round(t))
			f := b.failed(t)[0]
			require.EqualValues(t, attempt, f.Attempts)
			require.Equal(t, attempt == 15, f.Parked)
			require.Contains(t, f.Error, "it is broken")
		}
		b.pass(1000 * time.Hour)
		require.Zero(t, b.round(t))

		b.broken["x"] = false
		require.NoError(t, b.db.Update(t.Context(), "replay", func(tx *sqldb.Tx) error {
			_, err := timer.Replay(tx, "event/words/"+stringType, b.failed(t)[0].Key, b.clock.Now())
			return err
		}))
		require.Equal(t, 1, b.round(t))
		require.EqualValues(t, 1, b.count(t))
		require.Empty(t, b.failed(t))
	})
}

// An event that the bus gives again after its handler was mended is handled then, and not a second time by its timer.
func TestARepeatedEventAndItsRetryAreOne(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		e := newEvent(t, "x")
		b.broken["x"] = true
		b.handle(t, e)
		b.broken["x"] = false
		b.handle(t, e)
		b.pass(time.Hour)
		require.Equal(t, 1, b.round(t))
		require.EqualValues(t, 1, b.count(t))
		require.Empty(t, b.failed(t))
	})
}

func TestDroppedEventsStayDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		e := newEvent(t, "x")
		b.broken["x"] = true
		b.handle(t, e)
		require.NoError(t, b.db.Update(t.Context(), "drop", func(tx *sqldb.Tx) error {
			inbox.GiveUp(tx, "event/words/"+stringType, e.ID)
			return timer.Drop(tx, "event/words/"+stringType, e.ID)
		}))
		b.broken["x"] = false
		b.handle(t, e)
		b.pass(time.Hour)
		require.Zero(t, b.round(t))
		require.Zero(t, b.count(t))
	})
}

func TestUnreadableEventsArePutAside(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		good := newEvent(t, "good")
		undecodable := newEvent(t, "x")
		undecodable.Data = []byte{0xff}
		dotted := newEvent(t, "dotted")
		dotted.ID = "a.b/c"
		unreadable := []event.Event{
			{}, {ID: "no type"}, {ID: "\x00"}, {ID: "\xff\xfe", Subject: "\xff", Traceparent: "\x00"}, undecodable,
		}
		for range 2 {
			b.handle(t, append([]event.Event{good, dotted}, unreadable...)...)
			require.EqualValues(t, 2, b.count(t))
			require.Len(t, b.failed(t), len(unreadable), "each once")
		}
		for range 20 {
			b.pass(time.Hour)
			b.round(t)
		}
		for _, f := range b.failed(t) {
			require.True(t, f.Parked, f)
			require.Regexp(t, `^[A-Za-z0-9_-]+$`, f.Key)
		}
	})
}

func TestAnOutageOfTheDatabaseChargesNobody(t *testing.T) {
	for _, dialect := range kittest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			url := kittest.NewURL(t, dialect)
			db := kittest.Open(t, url, effects)
			b := newBench(db)
			events := []event.Event{newEvent(t, "a"), newEvent(t, "b")}
			db.Close()
			err := b.consumer.Handle(t.Context(), events)
			require.Equal(t, codes.Unavailable, errs.KindOf(err))
			b = newBench(kittest.Open(t, url))
			require.Empty(t, b.failed(t))
			b.handle(t, events...)
			require.EqualValues(t, 2, b.count(t))
		})
	}
}

// A sandbox's clock is moved by one process, and what follows may be here before the news of it.
func TestNothingIsHandledBeforeItHappened(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.handle(t, newEvent(t, "before"))
		b.moved = 6 * time.Hour
		late := newEvent(t, "after the clock was moved")
		late.Time = late.Time.Add(b.moved)
		b.handle(t, late)
		require.Len(t, b.at, 2)
		require.False(t, b.at[1].Before(late.Time), "handled at %s, happened at %s", b.at[1], late.Time)
	})
}
