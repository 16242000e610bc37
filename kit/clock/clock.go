// Package clock tells business time: the time by which promises are due, timers fire and terms are valid.
// Deadlines of calls, leases and tokens go by wall time instead.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells what time it is for the business.
type Clock interface{ Now() time.Time }

// Wall is the business clock outside a sandbox.
type Wall struct{}

// Now is the wall time, in whole microseconds UTC, as the tables have it.
func (Wall) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Sandbox runs as fast as the wall clock, ahead of it by an offset that only grows.
type Sandbox struct{ offset atomic.Int64 }

// Now is the wall time and the offset, in whole microseconds too, whatever the offset is.
func (s *Sandbox) Now() time.Time { return Wall{}.Now().Add(s.Offset()).Truncate(time.Microsecond) }

// Offset is how far the clock is ahead.
func (s *Sandbox) Offset() time.Duration { return time.Duration(s.offset.Load()) }

// Advance moves the offset forward to at least the given one. Going back is ignored: time never runs backwards.
func (s *Sandbox) Advance(offset time.Duration) {
	for {
		now := s.offset.Load()
		if int64(offset) <= now || s.offset.CompareAndSwap(now, int64(offset)) {
			return
		}
	}
}
