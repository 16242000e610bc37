package bench

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Result is what a load came to.
type Result struct {
	Done, Failed int64
	Elapsed      time.Duration
	P50, P99     time.Duration
	FirstFault   error
}

// Rate is successes a second.
func (r Result) Rate() float64 { return float64(r.Done) / r.Elapsed.Seconds() }

// client keeps as many connections as there are callers.
func client(callers int) *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			MaxIdleConns: callers, MaxIdleConnsPerHost: callers, DisableCompression: true,
		},
	}
}

// closedLoop has the callers call one after the other for the duration: as fast as they are answered.
func closedLoop(ctx context.Context, callers int, d time.Duration, call func(ctx context.Context, caller int) error) Result {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var group sync.WaitGroup
	results := make([]tally, callers)
	start := time.Now()
	for i := range callers {
		group.Go(func() {
			for ctx.Err() == nil {
				results[i].time(ctx, func() error { return call(ctx, i) })
			}
		})
	}
	group.Wait()
	return sum(results, time.Since(start))
}

// openLoop starts calls at a fixed rate, whether or not earlier ones have been answered, as the world does.
func openLoop(ctx context.Context, rate float64, d time.Duration, call func(ctx context.Context, n int) error) Result {
	var group sync.WaitGroup
	var mu sync.Mutex
	var all tally
	var n atomic.Int64
	start := time.Now()
	for time.Since(start) < d && ctx.Err() == nil {
		due := int64(time.Since(start).Seconds() * rate)
		for n.Load() < due {
			i := int(n.Add(1))
			group.Go(func() {
				var one tally
				one.time(ctx, func() error { return call(ctx, i) })
				mu.Lock()
				all.add(one)
				mu.Unlock()
			})
		}
		time.Sleep(time.Millisecond)
	}
	group.Wait()
	return sum([]tally{all}, time.Since(start))
}

type tally struct {
	done, failed int64
	times        []time.Duration
	fault        error
}

func (t *tally) time(ctx context.Context, call func() error) {
	start := time.Now()
	err := call()
	switch {
	case err == nil:
		t.done++
		t.times = append(t.times, time.Since(start))
	case ctx.Err() == nil:
		t.failed++
		t.fault = err
	}
}

func (t *tally) add(o tally) {
	t.done += o.done
	t.failed += o.failed
	t.times = append(t.times, o.times...)
	if t.fault == nil {
		t.fault = o.fault
	}
}

func sum(parts []tally, elapsed time.Duration) Result {
	var all tally
	for _, p := range parts {
		all.add(p)
	}
	slices.Sort(all.times)
	r := Result{Done: all.done, Failed: all.failed, Elapsed: elapsed, FirstFault: all.fault}
	if n := len(all.times); n > 0 {
		r.P50, r.P99 = all.times[n/2], all.times[n*99/100]
	}
	return r
}
