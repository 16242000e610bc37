package live_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/live"
)

func TestListenersAreToldOfTheirTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.NewLocal()
		mine, other := hub.Listen("orders/1"), hub.Listen("orders/2")
		defer other.Close()
		hub.Say("orders/1")
		hub.Say("orders/1")
		start := time.Now()
		require.NoError(t, mine.Wait(t.Context()))
		require.Zero(t, time.Since(start), "told before it waited")
		require.NoError(t, mine.Wait(t.Context()))
		require.Equal(t, live.Look, time.Since(start), "twice told is once told; without news it looks all the same")
		mine.Close()
		mine.Close()
		hub.Say("orders/1") // nobody is there
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, other.Wait(ended), context.Canceled)
	})
}
