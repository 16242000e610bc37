package sqldb

import (
	"sync"
	"time"

	"kept.dev/kit/errs"
)

// queue holds the callers who wait for a leader to take them into a group.
type queue struct {
	calls   chan *call
	group   int
	mu      sync.RWMutex
	closed  bool
	leaders sync.WaitGroup
}

func newQueue(cfg Config) *queue {
	return &queue{calls: make(chan *call, cfg.Queue), group: cfg.Group}
}

// serve starts leaders, who run groups until the queue is closed and empty.
func (q *queue) serve(leaders int, run func([]*call)) {
	for range leaders {
		q.leaders.Go(func() {
			for group := q.take(); group != nil; group = q.take() {
				run(group)
			}
		})
	}
}

// do waits in the queue for a turn, and for the result.
func (q *queue) do(c *call) error {
	if err := q.put(c); err != nil {
		return err
	}
	return c.finish()
}

func (q *queue) put(c *call) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return errs.Unavailable("DATABASE_CLOSED", "the database is being closed")
	}
	select {
	case q.calls <- c:
		return nil
	default:
		return errs.Overloaded("DATABASE_BUSY", time.Second)
	}
}

// push adds a call that a leader of another queue had taken. It waits for room: the other queue then fills up and
// refuses callers. Whoever pushes must have stopped before this queue is closed.
func (q *queue) push(c *call) {
	c.passed = true
	q.calls <- c
}

// take waits for a caller and adds those who wait already, up to the group's size. It returns nothing at the end.
func (q *queue) take() []*call {
	for first := range q.calls {
		if group := q.fill(appendLive(nil, first)); len(group) > 0 {
			return group
		}
	}
	return nil
}

func (q *queue) fill(group []*call) []*call {
	for len(group) < q.group {
		select {
		case c, ok := <-q.calls:
			if !ok {
				return group
			}
			group = appendLive(group, c)
		default:
			return group
		}
	}
	return group
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
