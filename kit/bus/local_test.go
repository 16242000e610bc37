package bus_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
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
