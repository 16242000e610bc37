// Package live tells streams that there is something new. It carries no news itself: whoever is told reads the rows. What
// is said while nobody listens, or while the way between processes is broken, is lost, so streams look from time to time as
// well.
package live

import (
	"context"
	"sync"
	"time"
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
	close func()
}

// Wait returns after news, or after Look. It returns the context's error when that ends first.
func (l *Listener) Wait(ctx context.Context) error {
	timer := time.NewTimer(Look)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-l.news:
	case <-timer.C:
	}
	return nil
}

// Close stops listening.
func (l *Listener) Close() { l.close() }

// Local tells listeners in this process.
type Local struct {
	mu     sync.Mutex
	topics map[string]map[*Listener]struct{}
}

var _ Hub = (*Local)(nil)

// NewLocal makes a hub for one process.
func NewLocal() *Local { return &Local{topics: map[string]map[*Listener]struct{}{}} }

// Say implements Hub.
func (h *Local) Say(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.topics[topic] {
		select {
		case l.news <- struct{}{}:
		default: // told already, and not read yet
		}
	}
}

// Listen implements Hub.
func (h *Local) Listen(topic string) *Listener {
	l := &Listener{news: make(chan struct{}, 1)}
	l.close = sync.OnceFunc(func() { h.leave(topic, l) })
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics[topic] == nil {
		h.topics[topic] = map[*Listener]struct{}{}
	}
	h.topics[topic][l] = struct{}{}
	return l
}

func (h *Local) leave(topic string, l *Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.topics[topic], l)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
}
