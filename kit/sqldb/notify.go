package sqldb

import (
	"sync"
	"time"
)

// listeners are those in this process who wait for news about a topic.
type listeners struct {
	mu      sync.RWMutex
	byTopic map[string][]func(at time.Time)
}

// Listen has the function called after each commit of this process that Notify was called for. It must return at once.
func (db *DB) Listen(topic string, hear func(at time.Time)) {
	db.listeners.mu.Lock()
	defer db.listeners.mu.Unlock()
	if db.listeners.byTopic == nil {
		db.listeners.byTopic = map[string][]func(time.Time){}
	}
	db.listeners.byTopic[topic] = append(db.listeners.byTopic[topic], hear)
}

// Notify tells those who listen to the topic in this process, once the transaction is durable, that there is something to do
// at the given time; of several times in a transaction they are told the earliest. As with AfterCommit, nothing may depend
// on it.
func (tx *Tx) Notify(topic string, at time.Time) {
	if tx.noted == nil {
		tx.noted = map[string]time.Time{}
	}
	if known, ok := tx.noted[topic]; !ok || at.Before(known) {
		tx.noted[topic] = at
	}
}

// tell passes on what a transaction that has become durable has noted.
func (l *listeners) tell(noted map[string]time.Time) {
	if len(noted) == 0 {
		return
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	for topic, at := range noted {
		for _, hear := range l.byTopic[topic] {
			hear(at)
		}
	}
}
