package timer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
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
	Activity *telemetry.Activity
	// Lease is how long an outside call may take before another worker may try (wall time; default 1 minute).
	Lease time.Duration
	// Poll is how often to look at least for timers that other processes have set or left (default 1 second). Of those set in
	// this process the worker knows without looking.
	Poll time.Duration
}

// Worker carries out due timers of the kinds that it has handlers for, and leaves all others alone. Each kind has a pool of
// its own, so that nobody waits for a long queue or a slow provider of another kind.
type Worker struct {
	cfg    Config
	pools  []*pool
	agenda agenda
	// committed counts transactions that ended timers: while there are more and more, the database works.
	committed atomic.Int64
}

// pool carries out the timers of one kind.
type pool struct {
	kind  string
	wake  chan struct{}
	round round
}

// round carries out what is due of a kind, or begins to, a bounded number at a time. It returns how many there were, and
// whether there may be more to do at once.
type round func(ctx context.Context, calls *sync.WaitGroup) (n int, more bool, err error)

// NewWorker makes a worker.
func NewWorker(cfg Config) *Worker {
	if cfg.Lease == 0 {
		cfg.Lease = time.Minute
	}
	if cfg.Poll == 0 {
		cfg.Poll = time.Second
	}
	cfg.DB = cfg.DB.Background()
	return &Worker{cfg: cfg, agenda: newAgenda()}
}

// Handle names the handler of a local kind.
func (w *Worker) Handle(k Kind, h LocalHandler) {
	local := &localPool{w: w, kind: k.Name, handle: h}
	w.add(k, false, func(ctx context.Context, _ *sync.WaitGroup) (int, bool, error) { return local.round(ctx) })
}

// HandleOutside names the handler of an outside kind.
func (w *Worker) HandleOutside(k Kind, h OutsideHandler) {
	calls := newOutsidePool(w, k, callsAtOnce, 1)
	calls.begin = func(ctx context.Context, leased []Timer, running *sync.WaitGroup) {
		calls.callEach(ctx, h, leased, running)
	}
}

// add adds a pool, before the worker runs.
func (w *Worker) add(k Kind, outside bool, round round) *pool {
	if k.outside != outside || w.knows(k.Name) {
		panic(fmt.Sprintf("timers of kind %s have another handler already, or are of the other sort", k.Name))
	}
	p := &pool{kind: k.Name, wake: make(chan struct{}, 1), round: round}
	w.pools = append(w.pools, p)
	w.cfg.DB.Listen(topic(p.kind), func(due time.Time) { w.hear(p, due) })
	return p
}

// Kinds are those that the worker has handlers for.
func (w *Worker) Kinds() []string {
	kinds := make([]string, len(w.pools))
	for i, p := range w.pools {
		kinds[i] = p.kind
	}
	return kinds
}

func (w *Worker) knows(kind string) bool { return w.pool(kind) != nil }

func (w *Worker) pool(kind string) *pool {
	for _, p := range w.pools {
		if p.kind == kind {
			return p
		}
	}
	return nil
}

// Wake makes the worker look for due timers now, without waiting for its next poll.
func (w *Worker) Wake() { nudge(w.agenda.look) }

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
	for _, p := range w.pools {
		loops.Go(func() { w.serve(ctx, p, &calls) })
	}
	loops.Go(func() { w.lookout(ctx) })
	loops.Wait()
	calls.Wait()
	return nil
}

// serve carries out a kind's timers whenever some are due.
func (w *Worker) serve(ctx context.Context, p *pool, calls *sync.WaitGroup) {
	failures, more := 0, false
	for {
		if !more {
			select {
			case <-ctx.Done():
			case <-p.wake:
			}
		}
		if ctx.Err() != nil {
			return
		}
		var err error
		_, more, err = p.round(ctx, calls)
		if err == nil {
			failures = 0
		} else if ctx.Err() == nil {
			failures, more = failures+1, true
			w.cfg.Log.WarnContext(ctx, "timers cannot be worked on", "kind", p.kind, "error", err, "failures", failures)
			pause(ctx, min(time.Second, 100*time.Millisecond*time.Duration(failures)))
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Round carries out what is due now, one batch of each kind, waits for it, and returns how many there were.
func (w *Worker) Round(ctx context.Context) (int, error) {
	ctx = access.WithService(ctx, w.cfg.Service)
	var calls sync.WaitGroup
	var total int
	var errs error
	for _, p := range w.pools {
		n, _, err := p.round(ctx, &calls)
		total, errs = total+n, errors.Join(errs, err)
	}
	calls.Wait()
	return total, errs
}

const columns = `kind, key, due, payload, traceparent, attempts, fence, leased`

func scan(r *sqldb.Rows) (Timer, error) {
	var t Timer
	var due, leased int64
	err := r.Scan(&t.Kind, &t.Key, &due, &t.Payload, &t.traceparent, &t.Attempts, &t.fence, &leased)
	t.Due, t.leased = time.UnixMicro(due).UTC(), time.UnixMicro(leased)
	return t, err
}
