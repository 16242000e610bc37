package endurance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
)

// loseRedis kills Redis, takes its data away, and starts it again.
func loseRedis(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	c.Redis.Stop(true)
	require.NoError(t, c.Redis.Wipe())
	require.NoError(t, c.Redis.Restart(t.Context()))
}
