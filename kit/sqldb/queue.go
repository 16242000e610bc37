package sqldb

import (
	"context"
	"sync"
	"sync/atomic"

	"kept.dev/kit/errs"
)

// queue holds the callers who wait for a leader to take them into a group.
type queue struct {
	cfg     Config
	calls   chan *call
	mu      sync.RWMutex
	closed  bool
	leaders sync.WaitGroup
}

func newQueue(cfg Config) *queue {
	return &queue{cfg: cfg, calls: make(chan *call, cfg.Queue)}
}

func (q *queue) put(c *call) bool {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return false
	}
	select {
	case q.calls <- c:
		return true
	default:
		return false
	}
}

// take waits for a caller and adds those who wait already, up to the group's size. It returns nothing at the end.
func (q *queue) take() []*call {
	for {
		first, ok := <-q.calls
		if !ok {
			return nil
		}
		group := appendLive(nil, first)
		for len(group) < q.cfg.Group {
			select {
			case c, ok := <-q.calls:
				if !ok {
					return group
				}
				group = appendLive(group, c)
				continue
			default:
			}
			break
		}
		if len(group) > 0 {
			return group
		}
	}
}

func appendLive(group []*call, c *call) []*call {
	if c.claim() {
		return append(group, c)
	}
	return group
}

func (q *queue) close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.calls)
	}
	q.mu.Unlock()
	q.leaders.Wait()
}

// call is one caller's closure on its way through the queue. The closure runs in the caller's goroutine
// whenever a leader gives it a turn.
type call struct {
	ctx    context.Context
	work   string
	fn     func(tx *Tx) error
	taken  atomic.Bool
	turns  chan *turn
	result chan error
	last   *Tx // of the latest turn
}

// turn is one run of the closure. done gets its error.
type turn struct {
	tx   *Tx
	done func(error)
}

func newCall(ctx context.Context, work string, fn func(tx *Tx) error) *call {
	return &call{ctx: ctx, work: work, fn: fn, turns: make(chan *turn), result: make(chan error, 1)}
}

// claim takes the call for a group, unless the caller has given up or its time is over.
func (c *call) claim() bool {
	if !c.taken.CompareAndSwap(false, true) {
		return false
	}
	if err := c.ctx.Err(); err != nil {
		c.result <- err
		return false
	}
	return true
}

// wait runs the closure at every turn it is given until there is a result.
func (c *call) wait() error {
	gaveUp := c.ctx.Done()
	for {
		select {
		case t := <-c.turns:
			c.run(t)
		case err := <-c.result:
			return err
		case <-gaveUp:
			if c.taken.CompareAndSwap(false, true) {
				return c.ctx.Err()
			}
			gaveUp = nil // a leader has it already: its result comes soon
		}
	}
}

// finish waits for the result and, when it is a success, does what was left for after the commit.
func (c *call) finish() error {
	if err := c.wait(); err != nil {
		return err
	}
	if c.last != nil {
		for _, do := range c.last.after {
			do()
		}
	}
	return nil
}

// run reports the closure's end even when it panics; the panic then goes on in the caller's goroutine.
func (c *call) run(t *turn) {
	err := error(errs.Internal("the transaction's closure panicked"))
	c.last = t.tx
	defer func() { t.done(err) }()
	err = c.fn(t.tx)
}
