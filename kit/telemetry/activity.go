package telemetry

import (
	"sync"
	"sync/atomic"
)

// Activity counts pieces of work that have begun and ended (calls, batches of events, due timers), so that a sandbox can tell when nothing
// goes on any more.
type Activity struct{ begun, ended atomic.Int64 }

// Begin counts a piece of work; the returned function ends it, once however often it is called.
func (c *Activity) Begin() (end func()) {
	c.begun.Add(1)
	return sync.OnceFunc(func() { c.ended.Add(1) })
}

// Counts returns how much was begun and how much of it has ended. What has ended is read first, so that
// equal numbers mean that there was a moment at which nothing went on.
func (c *Activity) Counts() (begun, ended int64) {
	ended = c.ended.Load()
	return c.begun.Load(), ended
}
