package sqldb

import (
	"sync"
	"time"

	"kept.dev/kit/errs"
)

// queue holds the callers who wait for a worker to take them into a group.
type queue struct {
	calls   chan *call
	group   int
	workers sync.WaitGroup
}

// newQueue is a queue in which so many callers may wait, of whom so many make a group at most.
func newQueue(most, group int) *queue {
	return &queue{calls: make(chan *call, most), group: group}
}

// serve starts workers, who run groups until the queue is closed and empty. A worker takes a slot before it takes callers: those who
// come while it waits join the group, or give up.
func (q *queue) serve(workers int, slots *slots, run func([]*call)) {
	for range workers {
		q.workers.Go(func() {
			for first := range q.calls {
				slots.wait()
				if group := q.fill(appendLive(nil, first)); len(group) > 0 {
					run(group)
				}
				slots.give()
			}
		})
	}
}

// do waits in the queue for a turn, and for the result.
func (q *queue) do(c *call) error {
	select {
	case q.calls <- c:
		return c.finish()
	default:
		return errs.Overloaded("DATABASE_BUSY", time.Second)
	}
}

// fill adds those who wait already, up to the group's size.
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

// close ends the workers. Nobody waits any more.
func (q *queue) close() {
	close(q.calls)
	q.workers.Wait()
}
