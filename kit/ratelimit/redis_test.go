package ratelimit_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/localserver"
	"kept.dev/kit/ratelimit"
)

// server is a Redis of the test's own. Where there is none installed, the test fails.
func server(t testing.TB) (*localserver.Redis, *redis.Client) {
	t.Helper()
	s, err := localserver.StartRedis(t.Context(), t.TempDir())
	require.NoError(t, err)
	client := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DialTimeout: 100 * time.Millisecond})
	t.Cleanup(func() { _ = client.Close(); s.Stop(true) })
	return s, client
}

// scripts is how often Redis was asked for a lease.
func scripts(t testing.TB, client *redis.Client) (calls int) {
	t.Helper()
	info, err := client.Info(context.WithoutCancel(t.Context()), "commandstats").Result()
	require.NoError(t, err)
	for line := range strings.Lines(info) {
		if rest, ok := strings.CutPrefix(line, "cmdstat_eval"); ok {
			_, rest, _ = strings.Cut(rest, "calls=")
			count, _, _ := strings.Cut(rest, ",")
			n, err := strconv.Atoi(count)
			require.NoError(t, err)
			calls += n
		}
	}
	return calls
}

func TestRedisConforms(t *testing.T) {
	_, client := server(t)
	conform(t, func(t *testing.T, limit ratelimit.Limit) ratelimit.Limiter {
		require.NoError(t, client.FlushAll(t.Context()).Err())
		return ratelimit.NewRedis(client, limit, 1, time.Now)
	})
}

func TestReplicasShareOneBudget(t *testing.T) {
	_, client := server(t)
	const burst = 100
	limit := ratelimit.Limit{Rate: 10, Burst: burst}
	replicas := []*ratelimit.Redis{
		ratelimit.NewRedis(client, limit, 3, time.Now),
		ratelimit.NewRedis(client, limit, 3, time.Now),
		ratelimit.NewRedis(client, limit, 3, time.Now),
	}
	began, passed := time.Now(), 0
	for i := range 3 * burst {
		if ok, _ := replicas[i%3].Allow(t.Context(), "a"); ok {
			passed++
		}
	}
	require.GreaterOrEqual(t, passed, burst)
	require.LessOrEqual(t, float64(passed), burst+limitOf(time.Since(began), 10))
}

func limitOf(span time.Duration, rate float64) float64 { return span.Seconds()*rate + 1 }

func TestALeaseSparesCalls(t *testing.T) {
	_, client := server(t)
	limiter := ratelimit.NewRedis(client, ratelimit.Limit{Rate: 1000, Burst: 1000}, 1, time.Now)
	for range 1000 {
		ok, _ := limiter.Allow(t.Context(), "a")
		require.True(t, ok)
	}
	require.LessOrEqual(t, scripts(t, client), 12, "a slice is a hundred calls")

	drain(t, limiter)
	before := scripts(t, client)
	refused := 0
	for range 1000 {
		if ok, _ := limiter.Allow(t.Context(), "a"); !ok {
			refused++
		}
	}
	require.NotZero(t, refused)
	require.Less(t, scripts(t, client)-before, 100, "who is refused doesn't ask again before it is time")
}

func TestALeaseEnds(t *testing.T) {
	_, client := server(t)
	now := time.Now()
	limiter := ratelimit.NewRedis(client, ratelimit.Limit{Rate: 100, Burst: 100}, 1, func() time.Time { return now })
	limiter.Allow(t.Context(), "a")
	limiter.Allow(t.Context(), "a")
	require.Equal(t, 2, scripts(t, client), "the first takes two: Redis doesn't know the script yet")
	now = now.Add(time.Minute)
	limiter.Allow(t.Context(), "a")
	require.Equal(t, 3, scripts(t, client))
}

func TestACallerWhoGivesUpDoesNotCutTheLine(t *testing.T) {
	_, client := server(t)
	limiter := ratelimit.NewRedis(client, ratelimit.Limit{Rate: 10, Burst: 10}, 1, time.Now)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	ok, _ := limiter.Allow(gone, "a")
	require.True(t, ok)
	require.NotZero(t, scripts(t, client), "Redis was asked all the same")
}

func TestWithoutRedisEachReplicaGoesOnAlone(t *testing.T) {
	s, client := server(t)
	now := time.Now()
	limiter := ratelimit.NewRedis(client, ratelimit.Limit{Rate: 10, Burst: 20}, 2, func() time.Time { return now })
	s.Stop(true)
	passed := 0
	for range 30 {
		if ok, retry := limiter.Allow(t.Context(), "a"); ok {
			passed++
		} else {
			require.Greater(t, retry, time.Duration(0))
		}
	}
	require.Equal(t, 10, passed, "half the burst: there are two replicas")

	require.NoError(t, s.Restart(t.Context()))
	before := scripts(t, client)
	limiter.Allow(t.Context(), "b")
	require.Equal(t, before, scripts(t, client), "it isn't asked again at once")
	now = now.Add(time.Second)
	ok, _ := limiter.Allow(t.Context(), "b")
	require.True(t, ok)
	require.Greater(t, scripts(t, client), before, "but soon")
}

func TestBucketsAreForgottenWhenFull(t *testing.T) {
	_, client := server(t)
	ratelimit.NewRedis(client, ratelimit.Limit{Rate: 10, Burst: 20}, 1, time.Now).Allow(t.Context(), "a")
	keys, err := client.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	left, err := client.PTTL(t.Context(), keys[0]).Result()
	require.NoError(t, err)
	require.Greater(t, left, time.Duration(0))
	require.LessOrEqual(t, left, 2*time.Second)
}

func BenchmarkRedisAllow(b *testing.B) {
	_, client := server(b)
	limiter := ratelimit.NewRedis(client, ratelimit.Limit{Rate: 1e6, Burst: 1e6}, 1, time.Now)
	for b.Loop() {
		limiter.Allow(b.Context(), "a")
	}
}

func BenchmarkLocalAllow(b *testing.B) {
	limiter := ratelimit.NewLocal(ratelimit.Limit{Rate: 1e6, Burst: 1e6}, time.Now)
	for b.Loop() {
		limiter.Allow(b.Context(), "a")
	}
}
