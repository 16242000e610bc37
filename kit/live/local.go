package live

import "sync"

// Local tells listeners in this process.
type Local struct {
	mu     sync.Mutex
	topics map[string]map[*Listener]struct{}
	over   chan struct{}
	end    func()
}

var _ Hub = (*Local)(nil)

// NewLocal makes a hub for one process.
func NewLocal() *Local {
	over := make(chan struct{})
	return &Local{topics: map[string]map[*Listener]struct{}{}, over: over, end: sync.OnceFunc(func() { close(over) })}
}

// Say implements Hub.
func (h *Local) Say(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.topics[topic] {
		l.tell()
	}
}

// sayAll tells all listeners: whatever they listen to may have been said unheard.
func (h *Local) sayAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, listeners := range h.topics {
		for l := range listeners {
			l.tell()
		}
	}
}

// Listen implements Hub.
func (h *Local) Listen(topic string) *Listener {
	l := &Listener{news: make(chan struct{}, 1), over: h.over}
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

// Close ends all waiting, now and later. A server that is to stop gently calls it first: streams would hold it up.
func (h *Local) Close() { h.end() }
