package bus_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/localredis"
)

// newCluster is a Redis Cluster.
func newCluster(t *testing.T) *redis.ClusterClient {
	nodes, err := localredis.StartCluster(t.Context(), t.TempDir())
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
	t.Run("EpochIsThatOfTheStreamsNode", func(t *testing.T) {
		b := newRedis(t, client)
		first, err := b.Epoch(t.Context(), "order")
		require.NoError(t, err)
		for range 30 {
			again, err := b.Epoch(t.Context(), "order")
			require.NoError(t, err)
			require.Equal(t, first, again)
		}
	})
	conform(t, func(t *testing.T) maker {
		for _, service := range services {
			require.NoError(t, client.Del(t.Context(), "kept:events:{"+service+"}").Err())
		}
		return func() bus.Bus { return newRedis(t, client) }
	})
}
