package endurance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
	"kept.dev/suite/scenario"
)

// TestRedisCluster has the suite stand on a Redis Cluster. While a story is played the master dies that has what the order
// service says: its replica takes over, and nothing is lost. Then all stories are played.
func TestRedisCluster(t *testing.T) {
	t.Parallel() // with the kill tests
	c := startClusterWith(t, cluster.Config{Unlimited: true, RedisCluster: true})
	audit := auditOfCluster(t, c)
	audit.stocked = map[string]int64{"coffee-pot": 10, "tea-pot": 5, "probe": 1}
	stop := cluster.Keep(c.Processes...)
	master, err := c.RedisCluster.MasterOf(t.Context(), "kept:events:{order}")
	require.NoError(t, err)
	outage(t, c, audit, "a Redis master lost", func() { master.Stop(true) })
	heir, err := c.RedisCluster.MasterOf(t.Context(), "kept:events:{order}")
	require.NoError(t, err)
	require.NotEqual(t, master.Port, heir.Port)
	require.NoError(t, master.Restart(t.Context()))
	ends, err := stop()
	require.NoError(t, err)
	require.Zero(t, ends, "processes that ended because a master died")

	env := c.Environment()
	env.Soon, env.Mails = patience, sink.For
	for _, story := range scenario.Stories() {
		checks, err := scenario.Run(t.Context(), env, story)
		require.NoError(t, err, "%s on a Redis Cluster", story.Number)
		t.Logf("redis cluster: %s ok %d checks", story.Number, checks)
	}
}
