package app

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func TestAnAddressOfMoreNodesIsACluster(t *testing.T) {
	client, err := openRedis("redis://user:secret@one:7001?addr=two:7002&addr=three:7003")
	require.NoError(t, err)
	defer client.Close()
	require.Equal(t, []string{"one:7001", "two:7002", "three:7003"}, client.(*redis.ClusterClient).Options().Addrs)
	single, err := openRedis("redis://one:6379/0")
	require.NoError(t, err)
	defer single.Close()
	require.Equal(t, "one:6379", single.(*redis.Client).Options().Addr)
}

func TestAWrongAddressIsRefusedAndNotShown(t *testing.T) {
	for _, address := range []string{"redis://user:secret@host:port", "redis://user:secret@one:6379?addr=two", "http://user:secret@one:6379"} {
		_, err := openRedis(address)
		require.ErrorContains(t, err, "redis: ", address)
		require.NotContains(t, err.Error(), "secret")
	}
}

// TestACallsPatienceCountsWhileRedisIsSilent: a half-open connection takes everything and answers nothing.
func TestACallsPatienceCountsWhileRedisIsSilent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	client, err := openRedis("redis://" + silent.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	started := time.Now()
	require.ErrorIs(t, client.Get(ctx, "key").Err(), context.DeadlineExceeded)
	require.Less(t, time.Since(started), 3*time.Second)
}
