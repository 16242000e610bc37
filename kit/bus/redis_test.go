package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
)

var services = []string{"order", "customer"}

func newRedis(t testing.TB, client redis.UniversalClient) *bus.Redis {
	return bus.NewRedis(bus.RedisConfig{Client: client, Services: services, Idle: 300 * time.Millisecond, Log: kittest.Log(t)})
}

func TestRedisConforms(t *testing.T) {
	_, client := kittest.Redis(t)
	conform(t, func(t *testing.T) maker {
		require.NoError(t, client.FlushAll(t.Context()).Err())
		return func() bus.Bus { return newRedis(t, client) }
	})
}

func pending(t testing.TB, b bus.Bus, consumer string) int64 {
	t.Helper()
	n, err := b.Pending(t.Context(), consumer)
	require.NoError(t, err)
	return n
}

func TestPendingCountsWhatIsNotHandled(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	require.Zero(t, pending(t, b, "order"), "there is nothing yet")

	publish(t, b, events(7))
	require.EqualValues(t, 7, pending(t, b, "order"), "there is no group yet")

	reached, goOn := make(chan struct{}, 99), make(chan struct{})
	c := consume(t, b, "order", func(context.Context, []event.Event) error {
		reached <- struct{}{}
		await(t, goOn)
		return nil
	})
	<-reached
	publish(t, b, events(120))
	require.EqualValues(t, 127, pending(t, b, "order"), "7 are in hand, 120 not read")
	close(goOn)
	require.Eventually(t, func() bool { return pending(t, b, "order") == 0 }, 5*time.Second, time.Millisecond)
	require.Equal(t, 127, c.count())
	require.EqualValues(t, 127, pending(t, b, "customer"), "each group counts for itself")
}

// Entries that were deleted by hand make Redis lose count of a group's lag.
func TestPendingCountsByItselfWhenRedisHasLostCount(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	publish(t, b, events(10))
	entries, err := client.XRange(t.Context(), "kept:events:{order}", "-", "+").Result()
	require.NoError(t, err)
	require.NoError(t, client.XGroupCreate(t.Context(), "kept:events:{order}", "order", entries[3].ID).Err())
	require.NoError(t, client.XDel(t.Context(), "kept:events:{order}", entries[6].ID).Err())
	groups, err := client.XInfoGroups(t.Context(), "kept:events:{order}").Result()
	require.NoError(t, err)
	require.Negative(t, groups[0].Lag)
	require.EqualValues(t, 5, pending(t, b, "order"))
}

// A bus takes a publication only after the one before it, and has the number of its last one as long as it has its events.
func TestANumberIsThereWithItsEvents(t *testing.T) {
	server, client := kittest.Redis(t)
	b := newRedis(t, client)
	put := func(before, this int64) error {
		return b.Publish(t.Context(), "order", bus.Number{Before: before, This: this}, events(2))
	}
	published := func() (n int64) {
		require.Eventually(t, func() bool {
			var err error
			n, err = b.Published(t.Context(), "order")
			return err == nil
		}, 5*time.Second, time.Millisecond)
		return n
	}
	require.Zero(t, published())
	require.NoError(t, put(0, 10))
	require.NoError(t, put(10, 20))
	require.ErrorIs(t, put(10, 30), bus.ErrNumber, "20 has come in between")
	require.ErrorIs(t, put(0, 30), bus.ErrNumber)
	require.EqualValues(t, 4, client.XLen(t.Context(), "kept:events:{order}").Val(), "what is refused leaves nothing")
	require.EqualValues(t, 20, published())

	server.Stop(false)
	require.NoError(t, server.Restart(t.Context()))
	require.EqualValues(t, 20, published(), "another run with the same data")
	require.NoError(t, put(20, 30))

	server.Stop(true)
	require.NoError(t, server.Wipe())
	require.NoError(t, server.Restart(t.Context()))
	require.Zero(t, published())
	require.ErrorIs(t, put(30, 40), bus.ErrNumber)
	require.NoError(t, put(0, 40))
}

func TestTrimKeepsWhatSomeGroupStillNeeds(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	length := func() int64 { return client.XLen(t.Context(), "kept:events:{order}").Val() }
	trim := func() { require.NoError(t, b.Trim(t.Context(), "order")) }
	trim() // of nothing

	order := consume(t, b, "order", nil)
	sent := events(150)
	publish(t, b, sent)
	order.await(t, sent)
	require.NoError(t, client.XGroupCreate(t.Context(), "kept:events:{order}", "stranger", "$").Err())
	trim()
	require.EqualValues(t, 150, length(), "customer has no group yet, whoever else has one")

	goOn, reached, failed := make(chan struct{}), make(chan struct{}, 999), false
	customer := consume(t, b, "customer", func(context.Context, []event.Event) error {
		reached <- struct{}{}
		if !failed {
			await(t, goOn)
			failed = true
			return errors.New("not yet")
		}
		return nil
	})
	<-reached
	trim()
	require.EqualValues(t, 150, length(), "customer has read 100 and acknowledged none")

	close(goOn)
	customer.await(t, sent)
	require.Eventually(t, func() bool {
		trim()
		return length() == 1
	}, 5*time.Second, time.Millisecond, "all but the last is forgotten")

	more := events(30)
	publish(t, b, more)
	order.await(t, more)
	customer.await(t, more)
}

// A service that never comes must not have a stream grow for ever, whether others listen or nobody does.
func TestTrimIsBoundedWhileAServiceIsAbsent(t *testing.T) {
	_, client := kittest.Redis(t)
	const most = 40
	b := bus.NewRedis(bus.RedisConfig{Client: client, Services: services, MostForAbsent: most})
	length := func() int64 { return client.XLen(t.Context(), "kept:events:{order}").Val() }
	publish(t, b, events(most))
	require.NoError(t, b.Trim(t.Context(), "order"))
	require.EqualValues(t, most, length(), "they are recent, and not too many")
	publish(t, b, events(20))
	require.NoError(t, b.Trim(t.Context(), "order"))
	require.EqualValues(t, most, length(), "nobody is there")

	order := consume(t, b, "order", nil)
	sent := events(20)
	publish(t, b, sent)
	order.await(t, sent)
	require.Eventually(t, func() bool {
		require.NoError(t, b.Trim(t.Context(), "order"))
		return length() == 1
	}, 5*time.Second, time.Millisecond, "too many: what those who are there have had goes")

	require.NoError(t, client.Del(t.Context(), "kept:events:{order}").Err())
	for _, age := range []time.Duration{2 * time.Hour, 50 * time.Minute, 0} {
		id := fmt.Sprintf("%d-0", time.Now().Add(-age).UnixMilli())
		require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: "kept:events:{order}", ID: id, Values: []string{"a", "b"}}).Err())
	}
	require.NoError(t, b.Trim(t.Context(), "order"))
	require.EqualValues(t, 2, length(), "the last hour is kept")
}

// A writer of another version may have more fields than this reader knows, or not yet have those that are optional.
func TestEnvelopesOfOtherVersionsAreRead(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	c := consume(t, b, "order", nil)
	require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: "kept:events:{order}", Values: []string{
		"id", "x1", "type", "t", "subject", "s", "version", "1", "time", "1", "data", "d", "invented", "later", "and", "\xff",
	}}).Err())
	require.Eventually(t, func() bool { return c.count() == 1 }, 5*time.Second, time.Millisecond)
	require.Equal(t, event.Event{
		ID: "x1", Source: "order", Type: "t", Subject: "s", Version: 1, Time: time.UnixMicro(1).UTC(), Data: []byte("d"),
	}, c.first("x1"))
}

// What nobody can read goes to the consumers as an event without a type, which they park.
func TestGarbledEntriesDoNotStopTheStream(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	c := consume(t, b, "order", nil)
	whole := map[string]any{
		"id": "x1", "type": "t", "subject": "s", "version": "1", "time": "1", "traceparent": "", "data": "",
	}
	for i, spoil := range []func(map[string]any){
		func(m map[string]any) { clear(m); m["hello"] = "world" },
		func(m map[string]any) { delete(m, "data") },
		func(m map[string]any) { m["version"] = "one" },
		func(m map[string]any) { m["time"] = "" },
		func(m map[string]any) { m["subject"] = "\xff" },
		func(m map[string]any) { m["type"] = "a\x00b" },
	} {
		entry := map[string]any{}
		for k, v := range whole {
			entry[k] = v
		}
		entry["id"] = []string{"", "x1", "x2", "x3", "x4", "x5"}[i]
		spoil(entry)
		require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: "kept:events:{order}", Values: entry}).Err())
	}
	sent := events(2)
	publish(t, b, sent)
	c.await(t, sent)
	for _, id := range []string{"", "x1", "x2", "x3", "x4", "x5"} {
		got, ok := c.got[id]
		require.True(t, ok, id)
		require.Empty(t, got.Type, id)
	}
}

func TestDeadConsumersAreBuried(t *testing.T) {
	_, client := kittest.Redis(t)
	quick := func() *bus.Redis {
		return bus.NewRedis(bus.RedisConfig{Client: client, Services: services, Idle: 20 * time.Millisecond})
	}
	sent := events(3)
	publish(t, quick(), sent)
	dead := consume(t, quick(), "order", nil)
	dead.await(t, sent)
	dead.stop()
	<-dead.done
	owing := client.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: "order", Consumer: "unlucky", Streams: []string{"kept:events:{order}", ">"}, Block: -1})
	require.ErrorIs(t, owing.Err(), redis.Nil)

	consume(t, quick(), "order", nil)
	require.Eventually(t, func() bool {
		publish(t, quick(), events(1)) // so that the reader comes round
		consumers, err := client.XInfoConsumers(t.Context(), "kept:events:{order}", "order").Result()
		return err == nil && len(consumers) == 1
	}, 10*time.Second, 10*time.Millisecond)
}

// While a reader works on events, however long, no other replica is given them.
func TestASlowReaderKeepsItsEvents(t *testing.T) {
	_, client := kittest.Redis(t)
	idle := 60 * time.Millisecond
	replica := func() *bus.Redis {
		return bus.NewRedis(bus.RedisConfig{Client: client, Services: services, Idle: idle})
	}
	reached, goOn := make(chan struct{}), make(chan struct{})
	slow := consume(t, replica(), "order", func(context.Context, []event.Event) error {
		close(reached)
		await(t, goOn)
		return nil
	})
	sent := events(3)
	publish(t, replica(), sent)
	<-reached
	var others []string
	other := consume(t, replica(), "order", func(_ context.Context, given []event.Event) error {
		for _, e := range given {
			others = append(others, e.ID)
		}
		return nil
	})
	until := client.Time(t.Context()).Val().Add(10 * idle)
	require.Eventually(t, func() bool {
		more := events(1) // so that the other one comes round, and looks for what was left
		publish(t, replica(), more)
		other.await(t, more)
		return client.Time(t.Context()).Val().After(until)
	}, 20*time.Second, time.Millisecond)
	other.stop()
	<-other.done
	for _, e := range sent {
		require.NotContains(t, others, e.ID)
	}
	close(goOn)
	slow.await(t, sent)
}

// A consumer whose handlers are gone for good is forgotten: its group would have the streams kept for it.
func TestARetiredConsumerIsForgotten(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	b.Expect("order.own")
	order := consume(t, b, "order", nil)
	consume(t, b, "customer", nil)
	sent := events(5)
	publish(t, b, sent)
	order.await(t, sent)
	known := func() []string {
		names, err := b.Consumers(t.Context(), "order")
		require.NoError(t, err)
		return names
	}
	require.Equal(t, []string{"order", "order.own"}, known())
	require.NoError(t, b.Retire(t.Context(), "order.own"))
	require.NoError(t, b.Retire(t.Context(), "order.own"), "it may be gone already")
	require.Equal(t, []string{"order"}, known())
	require.NoError(t, client.XGroupDestroy(t.Context(), "kept:events:{order}", "order").Err()) // so that groups are made anew
	more := events(5)
	publish(t, b, more)
	order.await(t, more)
	require.Equal(t, []string{"order"}, known(), "nobody expects it any more")
}

// A group that nobody reads for holds a stream up for a week, and no longer.
func TestTrimDoesNotWaitForeverForADeadGroup(t *testing.T) {
	_, client := kittest.Redis(t)
	b := newRedis(t, client)
	add := func(age time.Duration, sequence int) {
		id := fmt.Sprintf("%d-%d", time.Now().Add(-age).UnixMilli(), sequence)
		require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: "kept:events:{order}", ID: id, Values: []string{"a", "b"}}).Err())
	}
	const day = 24 * time.Hour
	for i, age := range []time.Duration{9 * day, 8 * day, 6 * day, 0} {
		add(age, i)
	}
	for _, group := range []string{"order", "customer", "gone"} {
		require.NoError(t, client.XGroupCreate(t.Context(), "kept:events:{order}", group, "0").Err())
	}
	require.NoError(t, b.Trim(t.Context(), "order"))
	require.EqualValues(t, 2, client.XLen(t.Context(), "kept:events:{order}").Val())
}
