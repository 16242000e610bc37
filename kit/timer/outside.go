package timer

import (
	"context"
	"errors"
	"sync"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
)

// callsAtOnce is how many outside calls of a kind one worker makes at the same time, where they are made one by one.
const callsAtOnce = 16

// callEach makes the calls of the timers, each for itself.
func (o *outsidePool) callEach(ctx context.Context, handle OutsideHandler, leased []Timer, calls *sync.WaitGroup) {
	for _, t := range leased {
		end := o.w.cfg.Activity.Begin()
		calls.Go(func() {
			if err := o.w.callOut(ctx, handle, t); err != nil {
				o.w.cfg.Log.WarnContext(ctx, againLater, "kind", t.Kind, "key", t.Key, "error", err)
			}
			end()
			o.over(1)
		})
	}
}

// againLater is said when our own database was away or slow.
const againLater = "timer is tried again when its lease is over"

// callOut makes one call, within the lease, and ends the timer together with the result. Its error says that our own
// database is away or slow: then nothing is noted, and the lease runs out.
func (w *Worker) callOut(ctx context.Context, handle OutsideHandler, t Timer) error {
	ctx, span := w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	defer span.End()
	failpoint.Hit("outside.before", t.Kind)
	finish, err := call(ctx, handle, t)
	if err != nil {
		span.RecordError(err)
		if ctx.Err() != nil {
			return w.release(ctx, t)
		}
		return w.charge(context.WithoutCancel(ctx), t, err) // a stop that comes now must not leave it leased
	}
	failpoint.Hit("outside.after", t.Kind)
	before := w.committed.Load()
	ctx = context.WithoutCancel(ctx) // what came back is written down even when we are told to stop
	err = w.end(ctx, t, finish)
	switch {
	case err == nil:
		w.committed.Add(1)
		return nil
	case errors.Is(err, ErrLeaseLost):
		w.cfg.Log.InfoContext(ctx, takenOver, "kind", t.Kind, "key", t.Key)
		return nil
	case outage(ctx, err) || !w.atFault(err, before):
		return err
	}
	return w.charge(ctx, t, err)
}

const takenOver = "another worker has taken the timer over"

func call(ctx context.Context, handle OutsideHandler, t Timer) (finish func(context.Context, *sqldb.Tx) error, err error) {
	ctx, cancel := context.WithDeadline(ctx, t.leased)
	defer cancel()
	err = telemetry.CatchPanic(func() (err error) {
		finish, err = handle(ctx, t)
		return err
	})
	return finish, err
}

const endLeased = `delete from timer where kind = $1 and key = $2 and fence = $3 returning key`

// end deletes the timer under its fencing number and writes the result; without the lease, neither.
func (w *Worker) end(ctx context.Context, t Timer, finish func(context.Context, *sqldb.Tx) error) error {
	return w.cfg.DB.Update(ctx, "timer."+t.Kind, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(endLeased, t.Kind, t.Key, t.fence)
		if err != nil {
			return err
		}
		if rows.Len() == 0 && !failpoint.Off(failpoint.LeaseFence) {
			return ErrLeaseLost
		}
		return telemetry.CatchPanic(func() error { return finish(ctx, tx) })
	})
}

const releaseLease = `update timer set leased = 0 where kind = $1 and key = $2 and fence = $3`

// release hands the lease back when a call was cut short because the process stops: another replica need not wait.
func (w *Worker) release(ctx context.Context, t Timer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return w.cfg.DB.Update(ctx, "timer.release", func(tx *sqldb.Tx) error {
		tx.Exec(releaseLease, t.Kind, t.Key, t.fence)
		return nil
	})
}
