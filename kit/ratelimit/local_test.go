package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/ratelimit"
)

func TestLocalConforms(t *testing.T) {
	conform(t, func(_ *testing.T, limit ratelimit.Limit) ratelimit.Limiter {
		return ratelimit.NewLocal(limit, time.Now)
	})
}

// The number that is kept agrees with a bucket that is counted out drop by drop.
func TestLocalIsATokenBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rate = 10 // a drop is 100 ms
		burst := rapid.IntRange(1, 20).Draw(t, "burst")
		now := time.Unix(0, 0)
		limiter := ratelimit.NewLocal(ratelimit.Limit{Rate: rate, Burst: burst}, func() time.Time { return now })
		drops := float64(burst)
		for range rapid.IntRange(1, 100).Draw(t, "calls") {
			pause := rapid.IntRange(0, 5).Draw(t, "pause in half drops")
			now = now.Add(time.Duration(pause) * 50 * time.Millisecond)
			drops = min(float64(burst), drops+float64(pause)/2)
			ok, retry := limiter.Allow(t.Context(), "a")
			require.Equal(t, drops >= 1, ok)
			if ok {
				drops--
				continue
			}
			require.Equal(t, time.Duration((1-drops)*100)*time.Millisecond, retry)
		}
	})
}

func TestLocalForgetsWhoIsSilentLongest(t *testing.T) {
	now := time.Unix(0, 0)
	limiter := ratelimit.NewLocal(ratelimit.Limit{Rate: 1, Burst: 1, Callers: 3}, func() time.Time { return now })
	for i := range 4 {
		ok, _ := limiter.Allow(t.Context(), fmt.Sprint(i))
		require.True(t, ok)
	}
	ok, _ := limiter.Allow(t.Context(), "3")
	require.False(t, ok, "the latest is remembered")
	ok, _ = limiter.Allow(t.Context(), "0")
	require.True(t, ok, "the first is forgotten")
}

func TestWhatIsReturnedMayBeUsedAgain(t *testing.T) {
	l := ratelimit.NewLocal(ratelimit.Limit{Rate: 1, Burst: 2}, func() time.Time { return time.Unix(100, 0) })
	allow := func() bool { ok, _ := l.Allow(t.Context(), "anna"); return ok }
	require.True(t, allow())
	require.True(t, allow())
	require.False(t, allow())
	l.Return("anna")
	l.Return("bob") // who has used nothing
	require.True(t, allow())
	require.False(t, allow())
}
