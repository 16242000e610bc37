package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
)

func TestLocalConforms(t *testing.T) {
	conform(t, func(*testing.T) maker {
		local := bus.NewLocal("order", "customer")
		return func() bus.Bus { return local }
	})
}

func TestLocalRefusesStrangers(t *testing.T) {
	require.ErrorContains(t, bus.NewLocal("order").Consume(t.Context(), "loyalty", nil), "loyalty")
}

func TestLocalPublishGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, bus.NewLocal("order").Publish(ctx, "order", bus.Number{}, events(1)), context.Canceled)
}

// Handling has its own time: what a publisher gives up is handled to its end all the same.
func TestLocalHandlersDoNotShareThePublishersDeadline(t *testing.T) {
	b := bus.NewLocal("order")
	ctx, cancel := context.WithCancel(t.Context())
	c := consume(t, b, "order", func(ctx context.Context, _ []event.Event) error {
		cancel()
		_, bounded := ctx.Deadline()
		require.False(t, bounded)
		return ctx.Err()
	})
	sent := events(1)
	require.NoError(t, b.Publish(ctx, "order", bus.Number{}, sent))
	require.Equal(t, 1, c.count())
}

// A wish is not forgotten with its process: whoever makes it knows that it was granted, or makes it again.
func TestLocalWishesAreWaitedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, bus.NewLocal("order").Republish(ctx, []string{"kept.test.v1.Said"}, time.Now()), context.Canceled)
}
