package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
)

// maker makes what a further process of the suite would use.
type maker func() bus.Bus

// conform is what every bus does. The services are "order" and "customer"; events come from "order".
func conform(t *testing.T, newWorld func(t *testing.T) maker) {
	for name, test := range map[string]func(*testing.T, maker){
		"EveryConsumerGetsEveryEvent":      everyConsumer,
		"RefusedEventsComeAgain":           refused,
		"AnotherTakesOverFromTheDead":      takenOver,
		"ReplicasShareTheWork":             shared,
		"LateConsumersStartAtTheBeginning": late,
		"FinishesWhatIsInHandAtItsStop":    finishes,
		"WishesStayUntilTheyAreGranted":    wishes,
		"NamedConsumersGoOnByThemselves":   namedConsumers,
	} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t)) })
	}
}

func everyConsumer(t *testing.T, newBus maker) {
	b := newBus()
	order, customer := consume(t, b, "order", nil), consume(t, b, "customer", nil)
	sent := events(250)
	publish(t, b, sent)
	for _, c := range []*consumer{order, customer} {
		c.await(t, sent)
		require.LessOrEqual(t, c.largest(), bus.Batch)
	}
	got := order.first(sent[7].ID)
	require.Equal(t, sent[7], got, "an event arrives as it was sent")
}

func refused(t *testing.T, newBus maker) {
	b, left := newBus(), 3
	c := consume(t, b, "order", func(context.Context, []event.Event) error {
		if left--; left >= 0 {
			return errors.New("not now")
		}
		return nil
	})
	consume(t, b, "customer", nil)
	sent := events(5)
	publish(t, b, sent)
	c.await(t, sent)
	require.Negative(t, left)
}

func takenOver(t *testing.T, newBus maker) {
	mine, others := newBus(), newBus()
	reached, die := make(chan struct{}), make(chan struct{})
	var once sync.Once
	dying := consume(t, mine, "order", func(context.Context, []event.Event) error {
		once.Do(func() { close(reached) })
		await(t, die)
		return errors.New("died before the acknowledgement")
	})
	consume(t, mine, "customer", nil)
	sent := events(3)
	published := make(chan struct{})
	go func() { defer close(published); publish(t, mine, sent) }()
	<-reached
	dying.stop()
	close(die)
	heir := consume(t, others, "order", nil)
	heir.await(t, sent)
	<-published
}

func shared(t *testing.T, newBus maker) {
	first, second := newBus(), newBus()
	a, b := consume(t, first, "order", nil), consume(t, second, "order", nil)
	consume(t, first, "customer", nil)
	var sent []event.Event
	for a.count() == 0 || b.count() == 0 {
		more := events(150)
		publish(t, first, more)
		sent = append(sent, more...)
	}
	require.Eventually(t, func() bool { return a.count()+b.count() >= len(sent) }, 10*time.Second, time.Millisecond)
	require.Equal(t, len(sent), a.count()+b.count(), "each event goes to one of them")
}

func late(t *testing.T, newBus maker) {
	b, sent := newBus(), events(120)
	prompt := consume(t, b, "order", nil)
	published := make(chan struct{})
	go func() { defer close(published); publish(t, b, sent) }()
	prompt.await(t, sent)
	consume(t, b, "customer", nil).await(t, sent)
	<-published
}

func finishes(t *testing.T, newBus maker) {
	b := newBus()
	reached, goOn := make(chan struct{}), make(chan struct{})
	c := consume(t, b, "order", func(ctx context.Context, _ []event.Event) error {
		close(reached)
		await(t, goOn)
		return ctx.Err()
	})
	consume(t, b, "customer", nil)
	sent := events(1)
	go publish(t, b, sent)
	<-reached
	c.stop()
	select {
	case <-c.done:
		t.Fatal("Consume returned while events were being handled")
	default:
	}
	close(goOn)
	<-c.done
	c.await(t, sent)
	require.Eventually(t, func() bool {
		n, err := b.Pending(context.WithoutCancel(t.Context()), "order")
		return err == nil && n == 0
	}, 5*time.Second, time.Millisecond, "what was handled is acknowledged")
}

var batches = struct {
	sync.Mutex
	n int
}{}

// events makes events with ids of their own.
func events(n int) []event.Event {
	batches.Lock()
	batches.n++
	batch := batches.n
	batches.Unlock()
	out := make([]event.Event, n)
	for i := range out {
		out[i] = event.Event{
			ID: fmt.Sprintf("%04d-%05d", batch, i), Source: "order", Type: "kept.test.v1.Said", Subject: "things/1", Version: int64(i),
			Time: time.UnixMicro(1_700_000_000_000_001).UTC(), Traceparent: "00-1-2-01", Data: []byte{0, 0xff, '\n', byte(i)},
		}
	}
	return out
}

// publish does as a relay: again and again until it is done.
func publish(t testing.TB, b bus.Bus, sent []event.Event) {
	for t.Context().Err() == nil {
		last, err := b.Published(t.Context(), "order")
		if err == nil && b.Publish(t.Context(), "order", bus.Number{Before: last, This: last + 1}, sent) == nil {
			return
		}
	}
}

// consumer remembers what it was given.
type consumer struct {
	stop context.CancelFunc
	done chan struct{}

	mu   sync.Mutex
	got  map[string]event.Event
	most int
}

func consume(t testing.TB, b bus.Bus, name string, handle bus.Handle) *consumer {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	c := &consumer{stop: cancel, done: make(chan struct{}), got: map[string]event.Event{}}
	go func() {
		defer close(c.done)
		_ = b.Consume(ctx, name, func(ctx context.Context, events []event.Event) error {
			if handle != nil {
				if err := handle(ctx, events); err != nil {
					return err
				}
			}
			c.note(events)
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-c.done })
	return c
}

// await waits for the channel, or for the test to have failed meanwhile.
func await(t testing.TB, ready <-chan struct{}) {
	select {
	case <-ready:
	case <-t.Context().Done():
	}
}

func (c *consumer) note(events []event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = max(c.most, len(events))
	for _, e := range events {
		c.got[e.ID] = e
	}
}

func (c *consumer) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.got)
}

func (c *consumer) largest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

func (c *consumer) first(id string) event.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got[id]
}

func (c *consumer) has(sent []event.Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range sent {
		if _, ok := c.got[e.ID]; !ok {
			return false
		}
	}
	return true
}

func (c *consumer) await(t testing.TB, sent []event.Event) {
	t.Helper()
	require.Eventually(t, func() bool { return c.has(sent) }, 15*time.Second, time.Millisecond)
}

// wishes are made to every source, and each stays until its own source has granted it as it is.
func wishes(t *testing.T, newBus maker) {
	b := newBus()
	hour := time.Now().Add(-time.Hour).Truncate(time.Microsecond)
	republish := func(since time.Time, types ...string) (granted <-chan error) {
		done := make(chan error, 1)
		go func() { done <- b.Republish(t.Context(), types, since) }()
		return done
	}
	// is waits until there are as many wishes as that, none of them one of the others.
	is := func(n int, others ...bus.Wish) (all []bus.Wish) {
		require.Eventually(t, func() bool {
			var err error
			all, err = b.Wishes(t.Context(), "order")
			return err == nil && len(all) == n && !slices.ContainsFunc(all, func(w bus.Wish) bool {
				return slices.Contains(others, w) && w.Type == "kept.order.v1.OrderPlaced"
			})
		}, 10*time.Second, time.Millisecond)
		return all
	}
	done := republish(hour, "kept.order.v1.OrderPlaced", "kept.order.v1.OrderPicked")
	first := is(2)
	require.True(t, first[0].Since.Equal(hour))

	again := republish(hour.Add(time.Minute), "kept.order.v1.OrderPlaced")
	is(2, first...)
	require.NoError(t, b.Granted(t.Context(), "order", first))
	rest, err := b.Wishes(t.Context(), "order")
	require.NoError(t, err)
	require.Len(t, rest, 1, "what was wished for anew has not been granted")
	require.Equal(t, "kept.order.v1.OrderPlaced", rest[0].Type)
	require.True(t, rest[0].Since.Equal(hour), "a later wish does not shorten an earlier one")
	require.NoError(t, b.Granted(t.Context(), "order", rest))
	rest, err = b.Wishes(t.Context(), "order")
	require.NoError(t, err)
	require.Empty(t, rest)
	others, err := b.Wishes(t.Context(), "customer")
	require.NoError(t, err)
	require.Len(t, others, 2, "another source's own")
	earlier := republish(hour.Add(-time.Hour), "kept.order.v1.OrderPlaced")
	rest = is(1)
	require.True(t, rest[0].Since.Equal(hour.Add(-time.Hour)))
	for _, source := range []string{"order", "customer"} {
		all, err := b.Wishes(t.Context(), source)
		require.NoError(t, err)
		require.NoError(t, b.Granted(t.Context(), source, all))
	}
	for _, granted := range []<-chan error{done, again, earlier} {
		require.NoError(t, <-granted)
	}
}

// named consumers have events of their own: nothing that holds up the others holds up theirs, and they are pending with the others'.
func namedConsumers(t *testing.T, newBus maker) {
	b := newBus()
	b.Expect("customer", "customer.promise", "order")
	blocked := make(chan struct{})
	all := consume(t, b, "customer", func(context.Context, []event.Event) error { <-blocked; return nil })
	own := consume(t, b, "customer.promise", nil)
	consume(t, b, "order", nil)
	sent := events(5)
	published := make(chan struct{})
	go func() { defer close(published); publish(t, b, sent) }()
	own.await(t, sent)
	close(blocked)
	all.await(t, sent)
	<-published
}
