package localserver_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/localserver"
)

// TestAReplicaTakesOver: what a master had, its replica has, after the master has died and after it has come back.
func TestAReplicaTakesOver(t *testing.T) {
	cluster, err := localserver.StartRedisCluster(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer cluster.Stop()
	options, err := redis.ParseClusterURL(cluster.URL())
	require.NoError(t, err)
	require.Len(t, options.Addrs, 6)
	options.ClusterStateReloadInterval = 100 * time.Millisecond
	client := redis.NewClusterClient(options)
	defer client.Close()
	const keys = 30 // on all masters
	for i := range keys {
		require.NoError(t, client.Set(t.Context(), fmt.Sprint("key", i), i, 0).Err())
	}
	victim, err := cluster.MasterOf(t.Context(), "key0")
	require.NoError(t, err)
	last := victim.Client()
	defer last.Close()
	require.EqualValues(t, 1, last.Wait(t.Context(), 1, time.Second).Val(), "replicas that have all keys")
	victim.Stop(true)
	requireAll(t, client, keys)
	heir, err := cluster.MasterOf(t.Context(), "key0")
	require.NoError(t, err)
	require.NotEqual(t, victim, heir)
	require.NoError(t, victim.Restart(t.Context()))
	requireAll(t, client, keys)
}

func requireAll(t *testing.T, client *redis.ClusterClient, keys int) {
	t.Helper()
	for i := range keys {
		require.Eventually(t, func() bool { return client.Get(t.Context(), fmt.Sprint("key", i)).Val() == fmt.Sprint(i) },
			20*time.Second, 10*time.Millisecond)
	}
}
