package sqldb

import (
	"context"
	"sync/atomic"
	"time"

	"kept.dev/kit/errs"
)

// slots bounds how many callers have a connection of a sort at once, and how many may wait for one. First come, first served.
type slots struct {
	free    chan struct{}
	waiting atomic.Int64
	most    int64 // may wait
}

func newSlots(size, most int) *slots {
	s := &slots{free: make(chan struct{}, size), most: int64(most)}
	for range size {
		s.free <- struct{}{}
	}
	return s
}

// take waits for a slot, until the caller gives up. Give it back.
func (s *slots) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.free:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.most {
		return errs.Overloaded("DATABASE_BUSY", time.Second)
	}
	select {
	case <-s.free:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait takes a slot however many wait.
func (s *slots) wait() {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	<-s.free
}

func (s *slots) give() { s.free <- struct{}{} }
