package live_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/live"
)

// hub is what both hubs are.
type hub interface {
	live.Hub
	Close()
}

// conform is what every hub does. Each call of the maker is a process of its own, where the hub knows of any other.
func conform(t *testing.T, world func(t *testing.T) func() hub) {
	t.Run("listeners are told of their topic", func(t *testing.T) {
		process := world(t)
		here, there := process(), process()
		mine, theirs, other := here.Listen("orders/1"), there.Listen("orders/1"), there.Listen("orders/2")
		settle(t, mine, theirs, other)
		here.Say("orders/1")
		told(t, mine)
		told(t, theirs)
		untold(t, other)
	})
	t.Run("told often is told once", func(t *testing.T) {
		process := world(t)
		here, there := process(), process()
		mine, theirs := here.Listen("orders/1"), there.Listen("orders/1")
		settle(t, mine, theirs)
		for range 100 {
			here.Say("orders/1")
		}
		told(t, mine)
		untold(t, mine)
		told(t, theirs) // perhaps more than once: over the network, telling takes time
	})
	t.Run("nothing is told after closing", func(t *testing.T) {
		here := world(t)()
		gone, other := here.Listen("orders/1"), here.Listen("orders/1")
		settle(t, gone, other)
		gone.Close()
		gone.Close()
		here.Say("orders/1")
		untold(t, gone)
		told(t, other)
	})
	t.Run("waiting ends with the context", func(t *testing.T) {
		l := world(t)().Listen("orders/1")
		defer l.Close()
		ctx, cancel := context.WithCancel(t.Context())
		settle(t, l)
		cancel()
		require.ErrorIs(t, l.Wait(ctx), context.Canceled)
	})
	t.Run("closing the hub ends all waiting", func(t *testing.T) {
		here := world(t)()
		l := here.Listen("orders/1")
		settle(t, l)
		var wait sync.WaitGroup
		wait.Go(func() { here.Close() })
		require.Equal(t, "DRAINING", errs.ReasonOf(l.Wait(t.Context())))
		wait.Wait()
		here.Close()
		require.Equal(t, codes.Unavailable, errs.KindOf(here.Listen("orders/2").Wait(t.Context())), "who comes later does not wait either")
	})
}

// soon is well before a listener looks by itself.
const soon = live.Look - 2*time.Second

func told(t *testing.T, l *live.Listener) {
	t.Helper()
	began := time.Now()
	require.NoError(t, l.Wait(t.Context()))
	require.Less(t, time.Since(began), soon)
}

// untold waits a moment in vain.
func untold(t *testing.T, l *live.Listener) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, l.Wait(ctx), context.DeadlineExceeded)
}

// settle takes what listeners are told because their process has only now begun to hear.
func settle(t *testing.T, listeners ...*live.Listener) {
	t.Helper()
	for _, l := range listeners {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_ = l.Wait(ctx) // it may have been told, or not
		cancel()
	}
}

func TestLocalConforms(t *testing.T) {
	conform(t, func(*testing.T) func() hub {
		one := live.NewLocal()
		return func() hub { return one }
	})
}
