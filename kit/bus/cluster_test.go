package bus_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/localredis"
)

// newCluster is a Redis Cluster of three nodes.
func newCluster(t *testing.T) *redis.ClusterClient {
	var nodes []*redis.Client
	var addrs []string
	slots := []int{0, 5461, 10923, 16384}
	for i := range 3 {
		busPort, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		_, port, err := net.SplitHostPort(busPort.Addr().String())
		require.NoError(t, err)
		busPort.Close()
		s, err := localredis.Start(t.Context(), t.TempDir(), "--cluster-enabled", "yes", "--cluster-port", port)
		require.NoError(t, err)
		node := redis.NewClient(&redis.Options{Addr: s.Addr()})
		t.Cleanup(func() { node.Close(); s.Stop(true) })
		require.NoError(t, node.Do(t.Context(), "cluster", "addslotsrange", slots[i], slots[i+1]-1).Err())
		require.NoError(t, node.Do(t.Context(), "cluster", "set-config-epoch", i+1).Err())
		if i > 0 {
			require.NoError(t, nodes[0].Do(t.Context(), "cluster", "meet", "127.0.0.1", strconv.Itoa(s.Port), port).Err())
		}
		nodes, addrs = append(nodes, node), append(addrs, s.Addr())
	}
	for _, node := range nodes {
		require.Eventually(t, func() bool {
			info := node.ClusterInfo(t.Context()).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		}, 20*time.Second, 10*time.Millisecond)
	}
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
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
