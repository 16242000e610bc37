package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Local counts in the process. One that serves alone needs no more.
//
// It is the generic cell rate algorithm (GCRA, ITU-T I.371): a token bucket that needs one number a caller, the
// time when the bucket would be full again.
type Local struct {
	step  time.Duration // what one call costs, as time
	depth time.Duration // how far ahead of now a bucket may be
	now   func() time.Time

	mu   sync.Mutex
	full *simplelru.LRU[string, time.Time]
}

// NewLocal makes a limiter whose buckets fill by the clock now.
func NewLocal(limit Limit, now func() time.Time) *Local {
	limit = limit.withDefaults()
	full, err := simplelru.NewLRU[string, time.Time](limit.Callers, nil)
	if err != nil {
		panic(err) // only for a size that is not positive, which withDefaults rules out
	}
	step := time.Second / time.Duration(limit.Rate)
	return &Local{step: step, depth: step * time.Duration(limit.Burst), now: now, full: full}
}

// Allow implements Limiter.
func (l *Local) Allow(_ context.Context, caller string) (ok bool, retry time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	full, _ := l.full.Get(caller)
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.step)
	if early := full.Sub(now) - l.depth; early > 0 {
		return false, early
	}
	l.full.Add(caller, full)
	return true, 0
}

// Return gives back what an allowed call has cost, when it turns out that it should not count.
func (l *Local) Return(caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, ok := l.full.Get(caller); ok {
		l.full.Add(caller, full.Add(-l.step))
	}
}
