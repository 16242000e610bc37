package live_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start makes a hub that hears, and ends it with the test.
func start(t *testing.T, client redis.UniversalClient) *live.Redis {
	h := live.NewRedis(client, kittest.Log(t))
	l := h.Listen("subscribed") // all are told when it begins to hear
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	told(t, l)
	return h
}

func TestRedisConforms(t *testing.T) {
	_, client := kittest.Redis(t)
	conform(t, func(t *testing.T) func() hub {
		return func() hub { return start(t, client) }
	})
}

func TestNewsGetsThroughAgainAfterRedisWasAway(t *testing.T) {
	server, client := kittest.Redis(t)
	here, there := start(t, client), start(t, client)
	mine, theirs := here.Listen("orders/1"), there.Listen("orders/1")
	server.Stop(true)
	began := time.Now()
	for range 100_000 {
		here.Say("orders/1")
	}
	require.Less(t, time.Since(began), 2*time.Second, "saying never waits")
	told(t, mine)
	require.NoError(t, theirs.Wait(t.Context()), "it looks, told or not")

	require.NoError(t, server.Restart(t.Context()))
	told(t, theirs) // because it may have missed something
	require.Eventually(t, func() bool {
		here.Say("orders/1")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		return theirs.Wait(ctx) == nil
	}, 10*time.Second, time.Millisecond)
}

// Topics that are said while Redis passes on others go out together.
func TestManyTopicsAreToldAtOnce(t *testing.T) {
	_, client := kittest.Redis(t)
	here, there := start(t, client), start(t, client)
	var listeners []*live.Listener
	for n := range 1000 {
		listeners = append(listeners, there.Listen(fmt.Sprint("orders/", n)))
	}
	for n := range listeners {
		here.Say(fmt.Sprint("orders/", n))
	}
	for _, l := range listeners {
		told(t, l)
	}
}
