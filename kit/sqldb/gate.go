package sqldb

import (
	"sync"

	"kept.dev/kit/errs"
)

// gate lets callers in until it is closed, and knows when the last of them has left.
type gate struct {
	mu     sync.RWMutex
	closed bool
	inside sync.WaitGroup
}

// enter refuses who comes after the end. Who is let in must leave.
func (g *gate) enter() error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return errs.Unavailable("DATABASE_CLOSED", "the database is being closed")
	}
	g.inside.Add(1)
	return nil
}

func (g *gate) leave() { g.inside.Done() }

// close turns away who comes from now on, and waits for those inside.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}
