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

// outage tells whether our own database is away or too busy, rows are locked by others for too long, or we are told to stop:
// that is no timer's fault. A statement that takes too long is its own fault, or that of the batch it is in: who is charged for
// it has failed alone, and the charge, a write to the timer's own row, shows that the database works.
func outage(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	kind := errs.KindOf(err)
	return !sqldb.TimedOut(err) && (kind == codes.Unavailable || kind == codes.ResourceExhausted)
}
