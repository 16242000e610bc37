package ratelimit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/ratelimit"
)

// conform is what every Limiter does, whatever it counts in. The clock is the wall's, because Redis has its own.
func conform(t *testing.T, open func(t *testing.T, limit ratelimit.Limit) ratelimit.Limiter) {
	t.Run("a burst passes, the next call waits", func(t *testing.T) {
		limiter := open(t, ratelimit.Limit{Rate: 1, Burst: 5})
		for range 5 {
			ok, retry := limiter.Allow(t.Context(), "a")
			require.True(t, ok)
			require.Zero(t, retry)
		}
		ok, retry := limiter.Allow(t.Context(), "a")
		require.False(t, ok)
		require.Greater(t, retry, time.Duration(0))
		require.LessOrEqual(t, retry, time.Second)
	})
	t.Run("callers don't pay for each other", func(t *testing.T) {
		limiter := open(t, ratelimit.Limit{Rate: 1, Burst: 1})
		for _, caller := range []string{"a", "b", "customers/ü {x}", ""} {
			ok, _ := limiter.Allow(t.Context(), caller)
			require.True(t, ok, caller)
			ok, _ = limiter.Allow(t.Context(), caller)
			require.False(t, ok, caller)
		}
	})
	t.Run("who waits as told may go on", func(t *testing.T) {
		limiter := open(t, ratelimit.Limit{Rate: 20, Burst: 2})
		drain(t, limiter)
		_, retry := limiter.Allow(t.Context(), "a")
		due := time.After(retry + 5*time.Millisecond)
		<-due
		ok, _ := limiter.Allow(t.Context(), "a")
		require.True(t, ok)
	})
	t.Run("never more than the burst and the rate, and not much less", func(t *testing.T) {
		const rate, burst = 200, 40
		limiter := open(t, ratelimit.Limit{Rate: rate, Burst: burst})
		began := time.Now()
		passed := hammer(t, limiter, 300*time.Millisecond)
		most := burst + rate*time.Since(began).Seconds() + 1
		require.LessOrEqual(t, float64(passed), most)
		require.GreaterOrEqual(t, passed, int64(burst+rate/10), "the bucket fills again")
	})
}

func drain(t *testing.T, limiter ratelimit.Limiter) {
	t.Helper()
	for range 1_000_000 {
		if ok, _ := limiter.Allow(t.Context(), "a"); !ok {
			return
		}
	}
	require.Fail(t, "the bucket has no bottom")
}

// hammer calls as one caller from four goroutines and counts what passes.
func hammer(t *testing.T, limiter ratelimit.Limiter, span time.Duration) int64 {
	t.Helper()
	var passed atomic.Int64
	var wait sync.WaitGroup
	until := time.Now().Add(span)
	for range 4 {
		wait.Go(func() {
			for time.Now().Before(until) {
				if ok, _ := limiter.Allow(t.Context(), "a"); ok {
					passed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	return passed.Load()
}
