package ratelimit

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
)

const (
	// leaseLife is how long a replica may spend what it has leased. What is left then is lost to the caller: a
	// tenth of a second's budget at most.
	leaseLife = 10 * time.Second
	// askTimeout is how long a call waits for Redis, once, before the replica goes on alone.
	askTimeout = 250 * time.Millisecond
	// awayPause is how long a replica goes on alone before it asks Redis again.
	awayPause = time.Second
)

// lease.lua takes a slice out of a caller's bucket.
//
//go:embed lease.lua
var leaseLua string

// Redis shares each caller's budget among replicas. A replica leases a slice of it (a tenth of a second's worth)
// with one call to Redis and spends that on its own, so that hardly any call waits for the network.
//
// While Redis is away each replica goes on alone with its share of the rate: better a limit that is off by a
// little than a door that is shut.
type Redis struct {
	client redis.UniversalClient
	script *redis.Script
	limit  Limit
	slice  int
	alone  *Local
	now    func() time.Time
	away   atomic.Int64 // nanoseconds since 1970 until which Redis is not asked
	leases *lru.Cache[string, *lease]
}

// lease is what one caller may spend here. Its lock lets one call ask Redis for all that wait.
type lease struct {
	mu      sync.Mutex
	left    int
	until   time.Time // what is left is lost then
	refused time.Time // nothing to be had before then
}

// NewRedis makes a limiter for one of so many replicas. now is the wall clock.
func NewRedis(client redis.UniversalClient, limit Limit, replicas int, now func() time.Time) *Redis {
	limit = limit.withDefaults()
	leases, err := lru.New[string, *lease](limit.Callers)
	if err != nil {
		panic(err) // only for a size that is not positive, which withDefaults rules out
	}
	share := limit
	share.Rate, share.Burst = max(1, limit.Rate/max(1, replicas)), max(1, limit.Burst/max(1, replicas))
	return &Redis{
		client: client, script: redis.NewScript(leaseLua), limit: limit, leases: leases, now: now,
		slice: max(1, min(limit.Rate/10, limit.Burst)), alone: NewLocal(share, now),
	}
}

// Allow implements Limiter.
func (r *Redis) Allow(ctx context.Context, caller string) (ok bool, retry time.Duration) {
	l := r.lease(caller)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := r.now()
	if l.spend(now) {
		return true, 0
	}
	if wait := l.refused.Sub(now); wait > 0 {
		return false, wait
	}
	if r.now().UnixNano() < r.away.Load() {
		return r.alone.Allow(ctx, caller)
	}
	granted, wait, err := r.ask(ctx, caller)
	if err != nil {
		r.away.Store(r.now().Add(awayPause).UnixNano())
		return r.alone.Allow(ctx, caller)
	}
	if granted == 0 {
		l.refused = now.Add(wait)
		return false, wait
	}
	l.left, l.until = granted, now.Add(leaseLife)
	return l.spend(now), 0
}

func (r *Redis) lease(caller string) *lease {
	if l, ok := r.leases.Get(caller); ok {
		return l
	}
	fresh := &lease{}
	if l, known, _ := r.leases.PeekOrAdd(caller, fresh); known {
		return l
	}
	return fresh
}

func (l *lease) spend(now time.Time) bool {
	if l.left == 0 || !now.Before(l.until) {
		return false
	}
	l.left--
	return true
}

// ask leases a slice. It is asked for all that wait, so the caller's own cancellation doesn't end it.
func (r *Redis) ask(ctx context.Context, caller string) (granted int, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	reply, err := r.script.Run(ctx, r.client, []string{"kept:rate:{" + caller + "}"},
		strconv.Itoa(r.limit.Rate), strconv.Itoa(r.limit.Burst), strconv.Itoa(r.slice)).Int64Slice()
	if err != nil {
		return 0, 0, fmt.Errorf("lease budget: %w", err)
	}
	if len(reply) != 2 {
		return 0, 0, fmt.Errorf("lease budget: %d values instead of 2", len(reply))
	}
	return int(reply[0]), time.Duration(reply[1]) * time.Microsecond, nil
}
