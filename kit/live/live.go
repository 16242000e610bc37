// Package live tells streams that there is something new. It carries no news itself: whoever is told reads the rows. What
// is said while nobody listens, or while the way between processes is broken, is lost, so streams look from time to time as
// well.
package live

import (
	"context"
	"time"

	"kept.dev/kit/errs"
)

// Hub is where news is said and waited for.
type Hub interface {
	// Say tells all who listen to the topic, in every process, that there is news. It never waits.
	Say(topic string)
	// Listen returns what receives after news about the topic, however much there was since the last time. It has to be
	// closed.
	Listen(topic string) *Listener
}

// Look is how often streams look without being told.
const Look = 5 * time.Second

// Listener waits for news about one topic.
type Listener struct {
	news  chan struct{}
	over  <-chan struct{} // closed when the process is to end
	close func()
}

// Wait returns after news, or after Look. It returns the context's error when that ends first.
//
// Errors: UNAVAILABLE (DRAINING) when the process is to end: the stream's client should come back to another.
func (l *Listener) Wait(ctx context.Context) error {
	timer := time.NewTimer(Look)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-l.over:
		return errs.Unavailable("DRAINING", "this server is being shut down; try again")
	case <-l.news:
	case <-timer.C:
	}
	return nil
}

// Close stops listening.
func (l *Listener) Close() { l.close() }

// tell notes that there is news, unless it is noted already and nobody has looked yet.
func (l *Listener) tell() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}
