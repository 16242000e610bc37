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
)

// caller makes one call; the i-th of its worker.
type caller func(ctx context.Context, i int) error

// load is people who call, all the time.
type load struct {
	calls    atomic.Int64
	started  time.Time
	stop     context.CancelFunc
	workers  sync.WaitGroup
	mu       sync.Mutex
	failures []string
}

// startLoad starts a worker for each caller.
func startLoad(t *testing.T, callers ...caller) *load {
	ctx, stop := context.WithCancel(t.Context())
	l := &load{started: time.Now(), stop: stop}
	t.Cleanup(func() { l.end() })
	for _, call := range callers {
		l.workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				l.note(call(context.WithoutCancel(ctx), i))
			}
		})
	}
	return l
}

func (l *load) note(err error) {
	l.calls.Add(1)
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.failures = append(l.failures, err.Error())
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

// ok is what is wrong with an answer that should be there.
func ok(r reply, err error) error {
	if err == nil && r.status != http.StatusOK {
		return fmt.Errorf("%d %s", r.status, r.body)
	}
	return err
}
