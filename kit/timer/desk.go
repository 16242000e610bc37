package timer

import (
	"context"
	"sync"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/panics"
	"kept.dev/kit/sqldb"
)

// gather is how long the end of a call waits for others to be written down with. Should the process die meanwhile, nobody
// knows of the end.
const gather = 20 * time.Millisecond

// desk writes down how calls of one kind have ended: those of about the same moment in one transaction.
type desk[R any] struct {
	lane   *lane
	kind   string
	finish func(ctx context.Context, tx *sqldb.Tx, ended []*Call[R]) error
	crowd  chan struct{} // says that those who wait are many

	mu      sync.Mutex
	ended   []*Call[R]
	writing bool
}

func (d *desk[R]) open(ctx context.Context, t Timer, staff *sync.WaitGroup) *Call[R] {
	c := &Call[R]{Timer: t, desk: d, staff: staff, rest: d.lane.w.cfg.Activity.Begin()}
	c.ctx, c.span = d.lane.w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	return c
}

func (d *desk[R]) put(c *Call[R]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = append(d.ended, c)
	if d.crowded() {
		nudge(d.crowd)
	}
	if !d.writing {
		d.writing = true
		c.staff.Go(d.write)
	}
}

// crowded tells whether as many wait as may still come.
func (d *desk[R]) crowded() bool { return 2*len(d.ended) >= int(d.lane.out.Load()) }

// write writes until nobody waits any more.
func (d *desk[R]) write() {
	for calls := d.take(); len(calls) > 0; calls = d.take() {
		d.settle(context.WithoutCancel(calls[0].ctx), calls) // what came back is written even when we are told to stop
		for _, c := range calls {
			c.rest()
		}
		d.lane.over(len(calls))
	}
}

// take takes those who wait, after a moment for more to come.
func (d *desk[R]) take() []*Call[R] {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ended) > 0 && !d.crowded() {
		d.mu.Unlock()
		select {
		case <-d.crowd:
		case <-time.After(gather):
		}
		d.mu.Lock()
	}
	calls := d.ended
	d.ended, d.writing = nil, len(calls) > 0
	return calls
}

// settle writes the calls' ends in one transaction or, where that fails, each in its own: then it is charged with its own
// failure.
func (d *desk[R]) settle(ctx context.Context, calls []*Call[R]) {
	w := d.lane.w
	for _, c := range calls {
		if c.Err != nil && c.ctx.Err() == nil {
			w.warn(ctx, c.Timer, c.Err)
		}
	}
	err := d.record(ctx, calls)
	if err != nil && !outage(ctx, err) {
		err = d.recordEach(ctx, calls)
	}
	if err != nil {
		w.cfg.Log.WarnContext(ctx, againLater, "kind", d.kind, "timers", len(calls), "error", err)
	}
}

func (d *desk[R]) recordEach(ctx context.Context, calls []*Call[R]) error {
	for _, c := range calls {
		err := d.record(ctx, []*Call[R]{c})
		if err != nil && !outage(ctx, err) {
			err = d.lane.w.charge(ctx, c.Timer, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// record ends or charges the timers and writes down what came of the calls, but of those alone that still have their lease.
func (d *desk[R]) record(ctx context.Context, calls []*Call[R]) error {
	var mine []*Call[R]
	err := d.lane.w.cfg.DB.Update(ctx, "timer."+d.kind, func(tx *sqldb.Tx) (err error) {
		if mine, err = d.judge(tx, calls); err != nil || len(mine) == 0 {
			return err
		}
		return panics.Catch(func() error { return d.finish(ctx, tx, mine) })
	})
	if err == nil && len(mine) < len(calls) {
		d.lane.w.cfg.Log.InfoContext(ctx, takenOver, "kind", d.kind, "timers", len(calls)-len(mine))
	}
	return err
}

// judge ends or charges the timers, and returns the calls that had their lease.
func (d *desk[R]) judge(tx *sqldb.Tx, calls []*Call[R]) (mine []*Call[R], err error) {
	verdicts := make([]*sqldb.Stmt, len(calls))
	for i, c := range calls {
		verdicts[i] = d.verdict(c)
	}
	answers, err := tx.Batch(verdicts...)
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

// verdict ends the timer of a call that went well, charges that of one that failed, and hands back that of one which was cut
// short because the process stops. It changes no row when the lease was lost.
func (d *desk[R]) verdict(c *Call[R]) *sqldb.Stmt {
	switch {
	case c.Err == nil:
		return sqldb.Q(endLeased, c.Kind, c.Key, c.fence)
	case c.ctx.Err() != nil:
		return sqldb.Q(releaseLease+` returning key`, c.Kind, c.Key, c.fence)
	}
	return sqldb.Q(chargeFailure+` returning key`, d.lane.w.charged(c.Timer, c.Err)...)
}
