package timer

import (
	"context"
	"sync"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
)

// gather is how long the end of a call waits for others to be written down with. Should the process die meanwhile, the call is
// made again.
const gather = 20 * time.Millisecond

// batcher writes down how calls of one kind have ended: those of about the same moment in one transaction.
type batcher[R any] struct {
	pool   *outsidePool
	finish func(ctx context.Context, tx *sqldb.Tx, ended []*Call[R]) error
	enough chan struct{} // says that it isn't worth waiting for more

	mu      sync.Mutex
	ended   []*Call[R]
	writing bool
}

func (b *batcher[R]) open(ctx context.Context, t Timer, calls *sync.WaitGroup) *Call[R] {
	c := &Call[R]{Timer: t, batcher: b, running: calls, done: b.pool.w.cfg.Activity.Begin()}
	c.ctx, c.span = b.pool.w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	return c
}

func (b *batcher[R]) add(c *Call[R]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = append(b.ended, c)
	if b.isEnough() {
		nudge(b.enough)
	}
	if !b.writing {
		b.writing = true
		c.running.Go(b.write)
	}
}

// isEnough tells whether as many wait as may still come.
func (b *batcher[R]) isEnough() bool { return 2*len(b.ended) >= int(b.pool.running.Load()) }

// write writes until nobody waits any more.
func (b *batcher[R]) write() {
	for calls := b.take(); len(calls) > 0; calls = b.take() {
		b.store(context.WithoutCancel(calls[0].ctx), calls) // what came back is written even when we are told to stop
		for _, c := range calls {
			c.done()
		}
		b.pool.over(len(calls))
	}
}

// take takes those who wait, after a moment for more to come.
func (b *batcher[R]) take() []*Call[R] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ended) > 0 && !b.isEnough() {
		b.mu.Unlock()
		select {
		case <-b.enough:
		case <-time.After(gather):
		}
		b.mu.Lock()
	}
	calls := b.ended
	b.ended, b.writing = nil, len(calls) > 0
	return calls
}

// store writes the calls' ends in one transaction or, where that fails, each in its own: then it is charged with its own
// failure.
func (b *batcher[R]) store(ctx context.Context, calls []*Call[R]) {
	w := b.pool.w
	for _, c := range calls {
		if c.Err != nil && c.ctx.Err() == nil {
			w.warn(ctx, c.Timer, c.Err)
		}
	}
	before := w.committed.Load()
	err := b.record(ctx, calls)
	if err != nil && !outage(ctx, err) {
		err = b.recordEach(ctx, calls, before)
	}
	if err != nil {
		w.cfg.Log.WarnContext(ctx, againLater, "kind", b.pool.pool.kind, "timers", len(calls), "error", err)
	}
}

func (b *batcher[R]) recordEach(ctx context.Context, calls []*Call[R], before int64) error {
	w := b.pool.w
	var slow []failure
	for _, c := range calls {
		err := b.record(ctx, []*Call[R]{c})
		switch {
		case err == nil:
		case outage(ctx, err):
			return err
		case sqldb.TimedOut(err):
			slow = append(slow, failure{c.Timer, err})
		default:
			if err := w.charge(ctx, c.Timer, err); err != nil {
				return err
			}
		}
	}
	return w.chargeSlow(ctx, slow, before)
}

// record ends or charges the timers and writes down what came of the calls, but of those alone that still have their lease.
func (b *batcher[R]) record(ctx context.Context, calls []*Call[R]) error {
	var mine []*Call[R]
	err := b.pool.w.cfg.DB.Update(ctx, "timer."+b.pool.pool.kind, func(tx *sqldb.Tx) (err error) {
		if mine, err = b.endOrCharge(tx, calls); err != nil || len(mine) == 0 {
			return err
		}
		return telemetry.CatchPanic(func() error { return b.finish(ctx, tx, mine) })
	})
	if err == nil && len(mine) > 0 {
		b.pool.w.committed.Add(1)
	}
	if err == nil && len(mine) < len(calls) {
		b.pool.w.cfg.Log.InfoContext(ctx, takenOver, "kind", b.pool.pool.kind, "timers", len(calls)-len(mine))
	}
	return err
}

// endOrCharge ends or charges the timers, and returns the calls that had their lease.
func (b *batcher[R]) endOrCharge(tx *sqldb.Tx, calls []*Call[R]) (mine []*Call[R], err error) {
	stmts := make([]*sqldb.Stmt, len(calls))
	for i, c := range calls {
		stmts[i] = b.outcome(c)
	}
	answers, err := tx.Batch(stmts...)
	if err != nil {
		return nil, err
	}
	for i, c := range calls {
		if answers[i].Len() > 0 || failpoint.Off(failpoint.LeaseFence) {
			mine = append(mine, c)
		}
	}
	return mine, nil
}

// outcome ends the timer of a call that went well, charges that of one that failed, and hands back that of one which was cut
// short because the process stops. It changes no row when the lease was lost.
func (b *batcher[R]) outcome(c *Call[R]) *sqldb.Stmt {
	switch {
	case c.Err == nil:
		return sqldb.Q(endLeased, c.Kind, c.Key, c.fence)
	case c.ctx.Err() != nil:
		return sqldb.Q(releaseLease+` returning key`, c.Kind, c.Key, c.fence)
	}
	return sqldb.Q(chargeFailure+` returning key`, b.pool.w.charged(c.Timer, c.Err)...)
}
