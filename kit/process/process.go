// Package process is what a process is apart from its work: parts that start in order and stop in reverse,
// configuration, readiness, and a port for those who run it.
package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// Part is one thing that a process is made of: a database, a server, a relay. Any of the functions may be nil.
type Part struct {
	Name string
	// Start returns when the part is ready for those that start after it.
	Start func(ctx context.Context) error
	// Run works until ctx ends, and fails if it can't. Returning nil earlier means that the work is done.
	Run func(ctx context.Context) error
	// Stop ends the part gently, until ctx ends. When it has returned, Run's ctx ends too.
	Stop func(ctx context.Context) error
}

// courtesy is what a part has at least to stop in when another has used up the time to drain: enough to close a file.
const courtesy = time.Second

// Signals ends the context at SIGTERM or SIGINT. The second signal kills: whoever sends it does not want to wait.
func Signals(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// Run starts the parts in order and waits until ctx ends or a part fails; then it stops those that have started, in
// reverse order, within drain.
//
// It returns nil if it was ctx that ended and all stopped well. Otherwise the error names each part and what it did:
// failed to start, failed to run, failed to stop, or hangs. It returns even if a part hangs, whose
// goroutine is then left behind: end the process.
func Run(ctx context.Context, log *slog.Logger, drain time.Duration, parts ...Part) error {
	work, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r := &runner{log: log, drain: drain, work: work, fail: fail}
	reason := r.startAll(parts)
	if reason == nil {
		log.Info("ready", "parts", len(parts))
		<-work.Done()
		reason = context.Cause(work)
	}
	if ctx.Err() != nil && (errors.Is(reason, context.Cause(ctx)) || errors.Is(reason, ctx.Err())) {
		reason = nil // we were asked to stop
	}
	log.Info("stopping", "drain", drain)
	return errors.Join(reason, r.stopAll(reason))
}

type runner struct {
	log   *slog.Logger
	drain time.Duration
	work  context.Context // ends when the process is to stop
	fail  context.CancelCauseFunc

	running []running
}

// running is a part that has started.
type running struct {
	Part
	cancel context.CancelFunc
	done   chan struct{} // closed when Run has returned
	fault  *error        // why Run failed; to be read when done
}

func (r *runner) startAll(parts []Part) error {
	for _, p := range parts {
		if err := r.start(p); err != nil {
			return err
		}
		r.running = append(r.running, r.run(p))
		r.log.Info("started", "part", p.Name)
		if r.work.Err() != nil {
			return context.Cause(r.work)
		}
	}
	return nil
}

// start waits for the part to be ready. When the process is to stop meanwhile, the part has the time to drain.
func (r *runner) start(p Part) error {
	if p.Start == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- p.Start(r.work) }()
	var late <-chan time.Time
	ending := r.work.Done()
	for {
		select {
		case err := <-done:
			return named(p, "start", err)
		case <-ending:
			ending, late = nil, time.After(r.drain)
		case <-late:
			return named(p, "start", errHangs)
		}
	}
}

// run lets the part work under a context of its own: it ends when it is this part's turn to stop, not before.
func (r *runner) run(p Part) running {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.work))
	out := running{Part: p, cancel: cancel, done: make(chan struct{}), fault: new(error)}
	if p.Run == nil {
		close(out.done)
		return out
	}
	go func() {
		defer close(out.done)
		if err := p.Run(ctx); err != nil && ctx.Err() == nil {
			*out.fault = named(p, "run", err)
			r.fail(*out.fault)
		}
	}()
	return out
}

// stopAll returns what went wrong, but for the reason to stop, which is known already.
func (r *runner) stopAll(reason error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.work), r.drain)
	defer cancel()
	var faults []error
	for _, p := range slices.Backward(r.running) {
		if err := p.stop(ctx, reason); err != nil {
			faults = append(faults, err)
			continue
		}
		r.log.Info("stopped", "part", p.Name)
	}
	return errors.Join(faults...)
}

// stop ends the part and waits until its Run has returned.
func (p running) stop(ctx context.Context, reason error) error {
	patience, cancel := atLeast(ctx, courtesy)
	defer cancel()
	stopped := make(chan error, 1)
	go func() {
		var err error
		if p.Stop != nil {
			err = named(p.Part, "stop", p.Stop(ctx))
		}
		p.cancel()
		<-p.done
		if *p.fault != reason { //nolint:errorlint // the very same error, not one like it
			err = errors.Join(*p.fault, err)
		}
		stopped <- err
	}()
	select {
	case err := <-stopped:
		return err
	case <-patience.Done():
		p.cancel()
		return named(p.Part, "stop", errHangs)
	}
}

// atLeast ends with ctx, but not before d has passed.
func atLeast(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	end, _ := ctx.Deadline()
	if soonest := time.Now().Add(d); end.Before(soonest) {
		end = soonest
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end)
}

var errHangs = errors.New("hangs; not waiting any longer")

func named(p Part, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", p.Name, doing, err)
}
