package timer

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// ErrLeaseLost says that somebody else has taken the timer meanwhile: the result of this try does not count.
var ErrLeaseLost = errors.New("the lease was taken over")

// A failure is charged under the fencing number: a timer that was taken over, set anew or replayed meanwhile has
// nothing to do with it.
const chargeFailure = `
	update timer set
		attempts = attempts + 1, due = $4, error = $5, parked = $6, leased = 0,
		failed = case when attempts = 0 then $7 else failed end
	where kind = $1 and key = $2 and fence = $3`

// charge notes a failure and puts the timer off, or parks it.
func (w *Worker) charge(ctx context.Context, t Timer, cause error) error {
	w.warn(ctx, t, cause)
	return w.cfg.DB.Update(ctx, "timer.failed", func(tx *sqldb.Tx) error {
		tx.Exec(chargeFailure, w.charged(t, cause)...)
		return nil
	})
}

func (w *Worker) warn(ctx context.Context, t Timer, cause error) {
	attempts := t.Attempts + 1
	w.cfg.Log.WarnContext(ctx, "timer failed",
		"kind", t.Kind, "key", t.Key, "attempts", attempts, "parked", attempts >= parkAfter, "error", cause)
}

// charged are chargeFailure's arguments.
func (w *Worker) charged(t Timer, cause error) []any {
	now, attempts := w.cfg.Clock.Now(), t.Attempts+1
	due := now.Add(backoff(attempts))
	return []any{t.Kind, t.Key, t.fence, due.UnixMicro(), message(cause), attempts >= parkAfter, now.UnixMicro()}
}

// atFault tells whether a timer that failed alone is to be charged with it. Where everything is slow, so is this timer: a time
// that was over is its fault only if the worker has committed some other timer since the given count of those.
func (w *Worker) atFault(cause error, committed int64) bool {
	return !sqldb.TimedOut(cause) || w.committed.Load() > committed
}

// failure is a timer that failed alone.
type failure struct {
	timer Timer
	cause error
}

// chargeSlow charges timers whose time was over, when it can be told whether that was their fault. If not, they are tried again.
func (w *Worker) chargeSlow(ctx context.Context, slow []failure, committed int64) error {
	for _, f := range slow {
		if !w.atFault(f.cause, committed) {
			return f.cause
		}
		if err := w.charge(ctx, f.timer, f.cause); err != nil {
			return err
		}
	}
	return nil
}

// outage tells whether our own database is away or too busy, rows are locked by others for too long, or we are told to stop:
// that is no timer's fault. A statement that takes too long may be the fault of the batch that it is in, or of one of its timers.
func outage(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	kind := errs.KindOf(err)
	return !sqldb.TimedOut(err) && (kind == codes.Unavailable || kind == codes.ResourceExhausted)
}
