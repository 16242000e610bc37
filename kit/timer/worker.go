package timer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"kept.dev/kit/activity"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
)

// LocalHandler carries out a local timer in the transaction that ends it.
type LocalHandler func(ctx context.Context, tx *sqldb.Tx, t Timer) error

// OutsideHandler carries out an outside timer. Whatever it asks for must be harmless when asked twice (it may die
// before the answer is written down). finish writes the result, in the transaction that ends the timer.
type OutsideHandler func(ctx context.Context, t Timer) (finish func(ctx context.Context, tx *sqldb.Tx) error, err error)

// Config is what a worker needs.
type Config struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Tracer   trace.Tracer
	Activity *activity.Counter
	// Lease is how long an outside call may take before another worker may try (wall time; default 1 minute).
	Lease time.Duration
	// Poll is how often to look for due timers (default 100 ms).
	Poll time.Duration
}

// Worker carries out due timers.
type Worker struct {
	cfg     Config
	local   map[string]LocalHandler
	outside map[string]OutsideHandler
	wake    chan struct{}
}

// NewWorker makes a worker.
func NewWorker(cfg Config) *Worker {
	if cfg.Lease == 0 {
		cfg.Lease = time.Minute
	}
	if cfg.Poll == 0 {
		cfg.Poll = 100 * time.Millisecond
	}
	return &Worker{cfg: cfg, local: map[string]LocalHandler{}, outside: map[string]OutsideHandler{}, wake: make(chan struct{}, 1)}
}

// Handle names the handler of a local kind.
func (w *Worker) Handle(k Kind, h LocalHandler) { w.local[k.Name] = h }

// HandleOutside names the handler of an outside kind.
func (w *Worker) HandleOutside(k Kind, h OutsideHandler) { w.outside[k.Name] = h }

// Wake makes the worker look for due timers now, without waiting for its next poll.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// batch is how many due timers are claimed at a time.
const batch = 200

// Run works until the context ends.
func (w *Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := w.Round(ctx)
		if err != nil && ctx.Err() == nil {
			w.cfg.Log.WarnContext(ctx, "timers cannot be worked on", "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-time.After(w.cfg.Poll):
		}
	}
	return nil
}

// Round carries out what is due now, one batch of each sort, and returns how many there were.
func (w *Worker) Round(ctx context.Context) (int, error) {
	due, err := w.due(ctx)
	if err != nil || due == 0 {
		return 0, err
	}
	end := w.cfg.Activity.Begin()
	defer end()
	local, err := w.localRound(ctx)
	if err != nil {
		return local, err
	}
	outside, err := w.outsideRound(ctx)
	return local + outside, err
}

// due looks, without a transaction, whether there is anything to do.
func (w *Worker) due(ctx context.Context) (int, error) {
	rows, err := w.cfg.DB.Query(ctx, `select kind from timer where not parked and due <= $1 and leased <= $2 limit 1`,
		w.cfg.Clock.Now().UnixMicro(), time.Now().UnixMicro())
	if err != nil {
		return 0, err
	}
	return rows.Len(), nil
}

const claimLocal = `
	select kind, key, due, payload, traceparent, attempts, outside, fence from timer
	where not parked and due <= $1 and not outside
	order by due limit $2`

// localRound carries out due local timers in one transaction; if one fails, each in its own.
func (w *Worker) localRound(ctx context.Context) (int, error) {
	var claimed []Timer
	err := w.cfg.DB.UpdateAlone(ctx, "timers", func(tx *sqldb.Tx) error {
		rows, err := tx.Query(claimLocal+w.cfg.DB.SkipLocked(), w.cfg.Clock.Now().UnixMicro(), batch)
		if err != nil {
			return err
		}
		if claimed, err = sqldb.All(rows, scan); err != nil {
			return err
		}
		for _, t := range claimed {
			failpoint.Hit("timer.claimed", t.Kind)
			if err := w.carryOut(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || errs.KindOf(err) == errs.KindUnavailable || ctx.Err() != nil {
		return len(claimed), err
	}
	for _, t := range claimed {
		if err := w.single(ctx, t); err != nil {
			return 0, err
		}
	}
	return len(claimed), nil
}

// single carries out one timer in its own transaction and charges it for its own failure only.
func (w *Worker) single(ctx context.Context, t Timer) error {
	err := w.cfg.DB.UpdateAlone(ctx, "timer."+t.Kind, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select key from timer where kind = $1 and key = $2 and due = $3 and not parked`+
			w.cfg.DB.SkipLocked(), t.Kind, t.Key, t.Due.UnixMicro())
		if err != nil || rows.Len() == 0 {
			return err
		}
		return w.carryOut(ctx, tx, t)
	})
	if err == nil {
		return nil
	}
	return w.charge(ctx, t, err)
}

// carryOut ends the timer first, so that its handler may set it anew.
func (w *Worker) carryOut(ctx context.Context, tx *sqldb.Tx, t Timer) error {
	handle, ok := w.local[t.Kind]
	if !ok {
		return fmt.Errorf("no handler for timers of kind %s", t.Kind)
	}
	ctx, span := w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	defer span.End()
	Kind{Name: t.Kind}.Cancel(tx, t.Key)
	return handle(ctx, tx, t)
}

const chargeFailure = `
	update timer set
		attempts = attempts + 1, due = $3, error = $4, parked = $5, leased = 0,
		failed = case when attempts = 0 then $6 else failed end
	where kind = $1 and key = $2`

// charge notes a failure and puts the timer off, or parks it.
func (w *Worker) charge(ctx context.Context, t Timer, cause error) error {
	if errs.KindOf(cause) == errs.KindUnavailable && !t.outside || ctx.Err() != nil {
		return cause // our own database is away: that is nobody's fault
	}
	now, attempts := w.cfg.Clock.Now(), t.Attempts+1
	parked := attempts >= parkAfter
	w.cfg.Log.WarnContext(ctx, "timer failed", "kind", t.Kind, "key", t.Key, "attempts", attempts, "parked", parked, "error", cause)
	return w.cfg.DB.UpdateAlone(ctx, "timer.failed", func(tx *sqldb.Tx) error {
		tx.Exec(chargeFailure, t.Kind, t.Key, now.Add(backoff(attempts)).UnixMicro(), message(cause), parked, now.UnixMicro())
		return nil
	})
}

func scan(r *sqldb.Rows) (Timer, error) {
	var t Timer
	var due int64
	err := r.Scan(&t.Kind, &t.Key, &due, &t.Payload, &t.traceparent, &t.Attempts, &t.outside, &t.fence)
	t.Due = time.UnixMicro(due).UTC()
	return t, err
}

// ErrLeaseLost says that somebody else has taken the timer meanwhile: the result of this try does not count.
var ErrLeaseLost = errors.New("the lease was taken over")
