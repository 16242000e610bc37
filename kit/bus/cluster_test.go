package bus_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/localserver"
)

// newCluster is a Redis Cluster.
func newCluster(t *testing.T) *redis.ClusterClient {
	nodes, err := localserver.StartRedisCluster(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(nodes.Stop)
	options, err := redis.ParseClusterURL(nodes.URL())
	require.NoError(t, err)
	cluster := redis.NewClusterClient(options)
	t.Cleanup(func() { cluster.Close() })
	return cluster
}

func TestRedisClusterConforms(t *testing.T) {
	client := newCluster(t)
	conform(t, func(t *testing.T) maker {
		for _, service := range services {
			require.NoError(t, client.Del(t.Context(), "kept:events:{"+service+"}", "kept:published:{"+service+"}").Err())
		}
		return func() bus.Bus { return newRedis(t, client) }
	})
}
