package timer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"kept.dev/kit/access"
	"kept.dev/kit/activity"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
)

// LocalHandler carries out a local timer in the transaction that ends it.
type LocalHandler func(ctx context.Context, tx *sqldb.Tx, t Timer) error

// OutsideHandler carries out an outside timer. Whatever it asks for must be harmless when asked twice (it may die
// before the answer is written down). finish writes the result, in the transaction that ends the timer.
type OutsideHandler func(ctx context.Context, t Timer) (finish func(ctx context.Context, tx *sqldb.Tx) error, err error)

// Config is what a worker needs.
type Config struct {
	// Service is whose timers they are: their handlers run as its principal.
	Service  string
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

// Worker carries out due timers. Local ones, outside calls, and each kind of which many are called at a time have a loop
// each, so that nobody waits for a slow provider.
type Worker struct {
	cfg     Config
	local   map[string]LocalHandler
	outside map[string]OutsideHandler

	wakeLocal chan struct{}
	each      *lane   // of outside calls that are made one by one
	many      []*lane // of the kinds that are called many at a time
	manyKinds []string
	looks     int // for calls that are made one by one
}

// NewWorker makes a worker.
func NewWorker(cfg Config) *Worker {
	if cfg.Lease == 0 {
		cfg.Lease = time.Minute
	}
	if cfg.Poll == 0 {
		cfg.Poll = 100 * time.Millisecond
	}
	w := &Worker{
		cfg: cfg, local: map[string]LocalHandler{}, outside: map[string]OutsideHandler{}, wakeLocal: make(chan struct{}, 1),
	}
	w.each = w.newLane(callsAtOnce, 1)
	w.each.due, w.each.begin = w.dueAlone, w.callEach
	return w
}

// Handle names the handler of a local kind.
func (w *Worker) Handle(k Kind, h LocalHandler) { w.local[k.Name] = h }

// HandleOutside names the handler of an outside kind.
func (w *Worker) HandleOutside(k Kind, h OutsideHandler) { w.outside[k.Name] = h }

// Wake makes the worker look for due timers now, without waiting for its next poll.
func (w *Worker) Wake() {
	nudge(w.wakeLocal)
	for _, l := range w.lanes() {
		nudge(l.wake)
	}
}

// lanes are those of all outside calls.
func (w *Worker) lanes() []*lane { return append([]*lane{w.each}, w.many...) }

func nudge(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// Run works until the context ends, and then waits for the calls under way.
func (w *Worker) Run(ctx context.Context) error {
	ctx = access.WithService(ctx, w.cfg.Service)
	var loops, calls sync.WaitGroup
	loops.Go(func() { w.loop(ctx, w.wakeLocal, w.localRound) })
	for _, l := range w.lanes() {
		loops.Go(func() {
			w.loop(ctx, l.wake, func(ctx context.Context) (int, error) { return l.start(ctx, &calls) })
		})
	}
	loops.Wait()
	calls.Wait()
	return nil
}

func (w *Worker) loop(ctx context.Context, wake <-chan struct{}, round func(context.Context) (int, error)) {
	failures := 0
	for ctx.Err() == nil {
		n, err := round(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			failures++
			w.cfg.Log.WarnContext(ctx, "timers cannot be worked on", "error", err, "failures", failures)
		case n > 0:
			failures = 0
			continue
		default:
			failures = 0
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(min(time.Second, w.cfg.Poll*time.Duration(failures+1))):
		}
	}
}

// Round carries out what is due now, one batch of each sort, waits for it, and returns how many there were.
func (w *Worker) Round(ctx context.Context) (int, error) {
	ctx = access.WithService(ctx, w.cfg.Service)
	var calls sync.WaitGroup
	n, err := w.localRound(ctx)
	for _, l := range w.lanes() {
		started, fault := l.start(ctx, &calls)
		n, err = n+started, errors.Join(err, fault)
	}
	calls.Wait()
	return n, err
}

// anyDue looks, without a transaction, whether there is anything to do.
func (w *Worker) anyDue(ctx context.Context, query string, args ...any) (bool, error) {
	rows, err := w.cfg.DB.Query(ctx, query+` limit 1`, args...)
	return err == nil && rows.Len() > 0, err
}

const columns = `kind, key, due, payload, traceparent, attempts, fence, leased`

func scan(r *sqldb.Rows) (Timer, error) {
	var t Timer
	var due, leased int64
	err := r.Scan(&t.Kind, &t.Key, &due, &t.Payload, &t.traceparent, &t.Attempts, &t.fence, &leased)
	t.Due, t.leased = time.UnixMicro(due).UTC(), time.UnixMicro(leased)
	return t, err
}
