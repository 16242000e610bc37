package localserver_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/localserver"
)

func TestDataSurvivesACrashButNotAWipe(t *testing.T) {
	server, err := localserver.StartRedis(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { server.Stop(true) }()
	options, err := redis.ParseURL(server.URL())
	require.NoError(t, err)
	require.Equal(t, server.Addr(), options.Addr)
	client := redis.NewClient(options)
	defer client.Close()
	require.NoError(t, client.Set(t.Context(), "k", "v", 0).Err())
	before := server.PID()

	for _, crash := range []bool{true, false} {
		server.Stop(crash)
		require.Error(t, client.Get(t.Context(), "k").Err())
		require.NoError(t, server.Restart(t.Context()))
		require.NotEqual(t, before, server.PID())
		require.Equal(t, "v", client.Get(t.Context(), "k").Val())
	}

	server.Stop(true)
	require.NoError(t, server.Wipe())
	require.NoError(t, server.Restart(t.Context()))
	require.ErrorIs(t, client.Get(t.Context(), "k").Err(), redis.Nil)
}

func TestTheServersOwnArgumentsWin(t *testing.T) {
	server, err := localserver.StartRedis(t.Context(), t.TempDir(), "--appendonly", "no", "--maxmemory", "64mb")
	require.NoError(t, err)
	defer server.Stop(true)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	require.Equal(t, "no", client.ConfigGet(t.Context(), "appendonly").Val()["appendonly"])
	require.Equal(t, "67108864", client.ConfigGet(t.Context(), "maxmemory").Val()["maxmemory"])
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	_, err := localserver.StartRedis(t.Context(), t.TempDir(), "--no-such-option", "yes")
	require.ErrorContains(t, err, "no-such-option")
}
