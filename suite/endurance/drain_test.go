package endurance_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
)

// drainBound is the time that a process has to drain, as set by default.
const drainBound = 20 * time.Second

// TestDrain stops one replica after the other while customers order and look: none of them notices.
func TestDrain(t *testing.T) {
	c := startCluster(t)
	books := booksOfCluster(t, c)
	books.stocked = map[string]int64{"plenty": 1_000_000}
	load := startLoad(t, openShop(t, c.Stage(), "plenty", 1_000_000))

	for _, service := range c.Services() {
		for _, replica := range c.Replicas(service) {
			load.more(t, 100)
			started := time.Now()
			require.NoError(t, replica.Stop())
			took := time.Since(started)
			require.Less(t, took, drainBound)
			load.more(t, 100)
			require.NoError(t, replica.Start())
			require.NoError(t, replica.Await(t.Context()))
			t.Logf("drain: %s ended in %s under load", replica.Name, took.Round(time.Millisecond))
		}
	}
	calls, took, failures := load.end()
	require.Empty(t, failures)
	books.balance(t)
	t.Logf("drain: %d calls, %.0f a second, none failed", calls, float64(calls)/took.Seconds())
}

// load is customers who order and look, all the time.
type load struct {
	calls    atomic.Int64
	started  time.Time
	stop     context.CancelFunc
	workers  sync.WaitGroup
	mu       sync.Mutex
	failures []string
}

const loadWorkers = 8

func startLoad(t *testing.T, s shop) *load {
	ctx, stop := context.WithCancel(t.Context())
	l := &load{started: time.Now(), stop: stop}
	t.Cleanup(func() { l.end() })
	for range loadWorkers {
		l.workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				l.once(context.WithoutCancel(ctx), s, i)
			}
		})
	}
	return l
}

// once orders every third time, and otherwise looks at the stock or at the customer, so that both services are called.
func (l *load) once(ctx context.Context, s shop, i int) {
	var r reply
	var err error
	switch i % 3 {
	case 0:
		r, err = s.order(ctx, id.New())
	case 1:
		r, err = s.customer.get(ctx, "/v1/"+s.product+"/stock")
	default:
		r, err = s.customer.get(ctx, "/v1/"+s.name)
	}
	l.calls.Add(1)
	if err != nil || r.status != http.StatusOK {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.failures = append(l.failures, fmt.Sprintf("%d %s %v", r.status, r.body, err))
	}
}

// more waits until so many more calls were made.
func (l *load) more(t *testing.T, n int64) {
	t.Helper()
	goal := l.calls.Load() + n
	require.Eventually(t, func() bool { return l.calls.Load() >= goal }, patience, time.Millisecond)
}

func (l *load) end() (calls int64, took time.Duration, failures []string) {
	took = time.Since(l.started)
	l.stop()
	l.workers.Wait()
	return l.calls.Load(), took, l.failures
}
