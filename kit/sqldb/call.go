package sqldb

import (
	"context"
	"slices"
	"sync/atomic"

	"kept.dev/kit/errs"
)

// call is one caller's closure that shares a commit with others. The closure runs in the caller's goroutine
// whenever a worker gives it a turn.
type call struct {
	ctx    context.Context
	work   string
	fn     func(tx *Tx) error
	taken  atomic.Bool
	dead   bool // the closure panicked, so the caller is gone; workers look at it after the turn's end only
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
			gaveUp = nil // a worker has it already: its result comes soon
		}
	}
}

// finish waits for the result and, when it is a success, does what was left for after the commit.
func (c *call) finish() error {
	if err := c.wait(); err != nil {
		return err
	}
	if c.last != nil {
		c.last.committed()
	}
	return nil
}

// run reports the closure's end even when it panics; the panic then goes on in the caller's goroutine, and nobody
// is there any more to take another turn.
func (c *call) run(t *turn) {
	err := error(errs.Internal("the transaction's closure panicked"))
	c.last, c.dead = t.tx, true
	defer func() { t.done(err) }()
	err = c.fn(t.tx)
	if err == nil {
		err = t.tx.failed
	}
	c.dead = false
}

// living leaves out those whose closure panicked in an earlier turn.
func living(calls []*call) []*call {
	return slices.DeleteFunc(slices.Clone(calls), func(c *call) bool { return c.dead })
}

func answer(calls []*call, err error) {
	for _, c := range calls {
		c.result <- err
	}
}
