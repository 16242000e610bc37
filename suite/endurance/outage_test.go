package endurance_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
)

// loseRedis kills Redis, takes its data away, and starts it again. It returns when the sandbox's clock is back, which
// every process brings: one that started before that would live in the past.
func loseRedis(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	c.Redis.Stop(true)
	require.NoError(t, c.Redis.Wipe())
	require.NoError(t, c.Redis.Restart(t.Context()))
	client := redis.NewClient(&redis.Options{Addr: c.Redis.Addr()})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Exists(t.Context(), "kept:sandbox:offset").Val() == 1 },
		patience, 10*time.Millisecond, "the sandbox's clock is back")
}
