package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"kept.dev/kit/id"
)

// load is customers who order and look, all the time. A call that fails is made again with the same key, as clients are told to, until it
// succeeds; it counts as failed all the same.
type load struct {
	shop     *shop
	orders   atomic.Int64 // that have been answered for
	calls    atomic.Int64
	failed   atomic.Int64 // at the first try
	workers  sync.WaitGroup
	stop     context.CancelFunc
	mu       sync.Mutex
	examples []error
	worst    time.Duration // the longest time until a call succeeded
}

// again is how long a call is tried again.
const again = 2 * time.Minute

func startLoad(ctx context.Context, s *shop, workers int) *load {
	ctx, stop := context.WithCancel(ctx)
	l := &load{shop: s, stop: stop}
	for w := range workers {
		l.workers.Go(func() {
			for i := w; ctx.Err() == nil; i++ {
				l.once(context.WithoutCancel(ctx), i)
			}
		})
	}
	return l
}

func (l *load) once(ctx context.Context, i int) {
	call := func() error { _, err := l.shop.buyer.get(ctx, "/v1/"+l.shop.product+"/stock"); return err }
	key := id.New()
	switch i % 3 {
	case 0:
		call = func() error { return l.shop.order(ctx, key) }
	case 1:
		call = func() error { _, err := l.shop.buyer.get(ctx, "/v1/"+l.shop.customer); return err }
	}
	started := time.Now()
	err := call()
	l.calls.Add(1)
	if err != nil {
		l.note(err)
	}
	for err != nil && time.Since(started) < again {
		pause(ctx, 100*time.Millisecond)
		err = call()
	}
	if err != nil {
		l.note(fmt.Errorf("for %s: %w", again, err))
		return
	}
	if i%3 == 0 {
		l.orders.Add(1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.worst = max(l.worst, time.Since(started))
}

// pause waits, unless somebody wants to stop.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// note counts a failure and remembers the first few.
func (l *load) note(err error) {
	l.failed.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.examples) < 5 {
		l.examples = append(l.examples, fmt.Errorf("%s %w", time.Now().UTC().Format("15:04:05.000"), err))
	}
}

// end waits for what is under way.
func (l *load) end() { l.stop(); l.workers.Wait() }

// more waits until so many more calls were made.
func (l *load) more(ctx context.Context, n int64) error {
	for goal := l.calls.Load() + n; l.calls.Load() < goal; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// failures are the calls that did not succeed at the first try.
func (l *load) failures() error {
	if l.failed.Load() == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(append([]error{fmt.Errorf("%d of %d calls failed", l.failed.Load(), l.calls.Load())}, l.examples...)...)
}

// settled is how long what was ordered may take until it is everywhere.
const settled = time.Minute

// balance compares what the shop has with what was answered for: each order once, its unit held once, its promise made once.
func (d *Deployment) balance(ctx context.Context, l *load) error {
	want := l.orders.Load()
	stock, err := l.shop.buyer.get(ctx, "/v1/"+l.shop.product+"/stock")
	if err != nil {
		return err
	}
	if held := fmt.Sprint(stock["heldQuantity"]); held != fmt.Sprint(want) {
		return fmt.Errorf("%s units are held for %d orders", held, want)
	}
	orders, err := count(ctx, l.shop.buyer, "/v1/orders?pageSize=500", "orders", "name")
	if err != nil || orders != want {
		return errors.Join(err, fmt.Errorf("%d orders are listed, %d were placed", orders, want))
	}
	list := "/v1/promises?pageSize=500&filter=" + url.QueryEscape(fmt.Sprintf("customer=%q", l.shop.customer))
	var promises int64
	for deadline := time.Now().Add(settled); ctx.Err() == nil && time.Now().Before(deadline); pause(ctx, time.Second) {
		if promises, err = count(ctx, l.shop.owner, list, "promises", "about"); err != nil || promises == want {
			break
		}
	}
	if err != nil || promises != want {
		return errors.Join(err, fmt.Errorf("%d promises are in the book for %d orders", promises, want))
	}
	return d.noDeadLetters(ctx, l.shop.owner)
}

// count counts a list, page by page. Something listed twice is an error.
func count(ctx context.Context, c *client, list, field, key string) (n int64, err error) {
	seen := map[string]bool{}
	for token := ""; ; {
		page, err := c.get(ctx, list+"&pageToken="+url.QueryEscape(token))
		if err != nil {
			return 0, err
		}
		items, _ := page[field].([]any)
		for _, item := range items {
			name := fmt.Sprint(item.(map[string]any)[key])
			if seen[name] {
				return 0, fmt.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if token, _ = page["nextPageToken"].(string); token == "" {
			return int64(len(seen)), nil
		}
	}
}

func (d *Deployment) noDeadLetters(ctx context.Context, owner *client) error {
	for _, service := range Processes[:5] {
		page, err := owner.get(ctx, "/v1/services/"+service+"/deadLetters")
		if err != nil {
			return err
		}
		if letters, _ := page["deadLetters"].([]any); len(letters) > 0 {
			return fmt.Errorf("%s has dead letters: %v", service, letters)
		}
	}
	return nil
}
