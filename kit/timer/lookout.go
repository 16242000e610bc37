package timer

import (
	"context"
	"math"
	"sync"
	"time"
)

// agenda is when the worker looks next for due timers.
type agenda struct {
	look   chan struct{} // look now
	sooner chan struct{} // the next look has been moved forward

	mu   sync.Mutex
	next int64 // in microseconds of the business clock
}

func newAgenda() agenda {
	return agenda{look: make(chan struct{}, 1), sooner: make(chan struct{}, 1), next: math.MaxInt64}
}

// by has the worker look at the given time, unless it looks before.
func (a *agenda) by(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at.UnixMicro() < a.next {
		a.next = at.UnixMicro()
		nudge(a.sooner)
	}
}

// clear forgets when to look next: whoever is about to look takes note anew of what comes meanwhile.
func (a *agenda) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = math.MaxInt64
}

func (a *agenda) time() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.UnixMicro(a.next)
}

// hear is called when this process has set a timer of a kind that the worker knows.
func (w *Worker) hear(p *pool, due time.Time) {
	if due.After(w.cfg.Clock.Now()) {
		w.agenda.by(due)
	} else {
		nudge(p.wake)
	}
}

// lookout looks for due timers, of all kinds at once, when the next one is due and at least once in each poll, and wakes the
// pools of those that it finds.
func (w *Worker) lookout(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		w.agenda.clear()
		if err := w.lookForDue(ctx); err != nil && ctx.Err() == nil {
			failures++
			w.cfg.Log.WarnContext(ctx, "timers cannot be looked for", "error", err, "failures", failures)
		} else {
			failures = 0
		}
		w.awaitNext(ctx)
	}
}

// awaitNext waits until the next look.
func (w *Worker) awaitNext(ctx context.Context) {
	poll := time.NewTimer(w.cfg.Poll)
	defer poll.Stop()
	for {
		due := time.NewTimer(w.agenda.time().Sub(w.cfg.Clock.Now()))
		select {
		case <-w.agenda.sooner:
			due.Stop()
			continue
		case <-w.agenda.look:
		case <-due.C:
		case <-poll.C:
		case <-ctx.Done():
		}
		due.Stop()
		return
	}
}

// lookForDue wakes the pools that have something to do, and notes when the next timer is due.
func (w *Worker) lookForDue(ctx context.Context) error {
	if len(w.pools) == 0 {
		return nil
	}
	rows, err := w.cfg.DB.Query(ctx, earliest(w.Kinds()), w.cfg.Clock.Now().UnixMicro(), time.Now().UnixMicro())
	if err != nil {
		return err
	}
	for rows.Next() {
		var kind string
		var due, next *int64
		if err := rows.Scan(&kind, &due, &next); err != nil {
			return err
		}
		if due != nil {
			nudge(w.pool(kind).wake)
		}
		if next != nil {
			w.agenda.by(time.UnixMicro(*next))
		}
	}
	return nil
}
