package timer

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
)

// Many carries out outside timers of one kind many at a time: what has to be read and written for them is read and written
// for all at once. What holds for an OutsideHandler holds here as well.
type Many[R any] struct {
	// AtOnce is how many may be under way at the same time. They are so apart from the calls of other kinds.
	AtOnce int
	// Start makes the calls, within the context's deadline, and says of each how it ended, from whatever goroutine: each is
	// as good as its own end, whatever becomes of the others. When Start returns they have all ended.
	Start func(ctx context.Context, calls []*Call[R])
	// Finish writes down what came of calls, also of those that failed, in the transaction that ends or charges their timers. It
	// may run more than once. It never hears of calls whose lease was lost.
	Finish func(ctx context.Context, tx *sqldb.Tx, ended []*Call[R]) error
}

// Call is an outside timer whose call is under way, among many others.
type Call[R any] struct {
	Timer
	// Result and Err are what the call came to, once it has ended.
	Result R
	Err    error

	ctx     context.Context // of the timer's trace
	span    trace.Span
	batcher *batcher[R]
	running *sync.WaitGroup
	once    sync.Once
	done    func()
}

// Trace is the context with the timer's trace, to which what follows from it belongs.
func (c *Call[R]) Trace(ctx context.Context) context.Context {
	return trace.ContextWithSpan(ctx, c.span)
}

// End says what the call came to. With an error the timer is charged with a failure and tried again later, without one
// it is over. Only the first word counts.
func (c *Call[R]) End(result R, err error) {
	c.once.Do(func() {
		c.Result, c.Err = result, err
		if err != nil {
			c.span.RecordError(err)
		}
		c.span.End()
		failpoint.Hit("outside.after", c.Kind)
		c.batcher.add(c)
	})
}

// HandleMany names the handler of an outside kind that is called many at a time.
func HandleMany[R any](w *Worker, k Kind, m Many[R]) {
	pool := newOutsidePool(w, k, m.AtOnce, max(1, m.AtOnce/2))
	b := &batcher[R]{pool: pool, finish: m.Finish, enough: make(chan struct{}, 1)}
	pool.begin = func(ctx context.Context, leased []Timer, running *sync.WaitGroup) {
		calls := make([]*Call[R], len(leased))
		for i, t := range leased {
			calls[i] = b.open(ctx, t, running)
		}
		running.Go(func() { m.carryOut(ctx, calls) })
	}
}

// carryOut makes calls that were leased together, within their lease.
func (m Many[R]) carryOut(ctx context.Context, calls []*Call[R]) {
	failpoint.Hit("outside.before", calls[0].Kind)
	within, cancel := context.WithDeadline(ctx, calls[0].leased)
	defer cancel()
	err := telemetry.CatchPanic(func() error {
		m.Start(within, calls)
		return errors.New("the handler has forgotten the timer")
	})
	for _, c := range calls {
		var nothing R
		c.End(nothing, err)
	}
}
