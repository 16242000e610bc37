package outbox_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
)

// counting counts what is published.
type counting struct {
	bus.Bus
	published atomic.Int64
}

func (c *counting) Publish(ctx context.Context, source string, number bus.Number, events []event.Event) error {
	err := c.Bus.Publish(ctx, source, number, events)
	if err == nil {
		c.published.Add(int64(len(events)))
	}
	return err
}

// sayEach says words in publications of their own.
func (h *house) sayEach(t testing.TB, box *outbox.Outbox, prefix string, n int) {
	t.Helper()
	for i := range n {
		h.say(t, box, fmt.Sprint(prefix, i))
		require.Eventually(t, func() bool { return h.pending(t) == 0 }, 10*time.Second, time.Millisecond)
	}
}

// settled waits until the relay and the bus agree.
func (h *house) settled(t testing.TB, b bus.Bus) {
	t.Helper()
	require.Eventually(t, func() bool {
		owing, err := outbox.Pending(t.Context(), h.order, b, "order")
		return err == nil && !owing && h.pending(t) == 0
	}, 20*time.Second, time.Millisecond)
}

func onRedis(t *testing.T, test func(t *testing.T, h *house, b *counting, client *redis.Client, restart func())) {
	onBoth(t, func(t *testing.T, h *house) {
		server, client := kittest.Redis(t)
		test(t, h, &counting{Bus: redisBus(client)}, client, func() {
			server.Stop(false)
			require.NoError(t, server.Restart(t.Context()))
		})
	})
}

func TestARedisThatWasRestartedWithItsDataIsGivenNothingAgain(t *testing.T) {
	onRedis(t, func(t *testing.T, h *house, b *counting, _ *redis.Client, restart func()) {
		box, _ := h.replica(t, b, time.Second)
		h.listener(t, b)
		h.sayEach(t, box, "before", 30)
		h.awaitOnce(t, 30)
		restart()
		h.sayEach(t, box, "after", 5)
		h.awaitOnce(t, 35)
		h.settled(t, b)
		require.EqualValues(t, 35, b.published.Load())
	})
}

// A server that dies may lose what it had not yet written to its disk: the last publications, with their number.
func TestARedisThatHasLostTheEndIsGivenTheEnd(t *testing.T) {
	for name, sayMore := range map[string]bool{"while nothing is said": false, "while more is said": true} {
		t.Run(name, func(t *testing.T) {
			onRedis(t, func(t *testing.T, h *house, b *counting, client *redis.Client, _ func()) {
				box, stop := h.replica(t, b, time.Second)
				h.sayEach(t, box, "kept", 20)
				last, err := b.Published(t.Context(), "order")
				require.NoError(t, err)
				entries := client.XRange(t.Context(), "kept:events:{order}", "-", "+").Val()
				h.sayEach(t, box, "lost", 4)
				stop()
				require.NoError(t, client.Do(t.Context(), "xtrim", "kept:events:{order}", "maxlen", 0).Err())
				for _, e := range entries {
					require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: "kept:events:{order}", Values: e.Values}).Err())
				}
				require.NoError(t, client.Set(t.Context(), "kept:published:{order}", last, 0).Err())

				want := int64(24)
				box, _ = h.replica(t, b, time.Second)
				if sayMore {
					h.say(t, box, "more")
					want++
				}
				h.listener(t, b)
				h.awaitOnce(t, want)
				h.settled(t, b)
				require.Less(t, b.published.Load(), want+15, "the end is published again, and not all")
			})
		})
	}
}

func TestARedisThatHasLostItsNumberIsGivenTheWindow(t *testing.T) {
	onRedis(t, func(t *testing.T, h *house, b *counting, client *redis.Client, _ func()) {
		box, _ := h.replica(t, b, time.Second)
		h.sayEach(t, box, "w", 20)
		require.NoError(t, client.FlushAll(t.Context()).Err())
		require.Eventually(t, func() bool { return b.published.Load() >= 40 }, 10*time.Second, time.Millisecond)
		h.listener(t, b)
		h.awaitOnce(t, 20)
		h.settled(t, b)
	})
}

// A publication that reached the bus and could not be noted is no loss.
func TestAPublicationThatWasNotNotedIsNoLoss(t *testing.T) {
	onRedis(t, func(t *testing.T, h *house, b *counting, _ *redis.Client, _ func()) {
		box, stop := h.replica(t, b, time.Second)
		h.sayEach(t, box, "w", 20)
		stop()
		last, err := b.Published(t.Context(), "order")
		require.NoError(t, err)
		require.NoError(t, b.Bus.Publish(t.Context(), "order", bus.Number{Before: last, This: last + 1}, nil))
		box, _ = h.replica(t, b, time.Second)
		h.sayEach(t, box, "more", 5)
		h.listener(t, b)
		h.awaitOnce(t, 25)
		h.settled(t, b)
		require.EqualValues(t, 25, b.published.Load())
	})
}
