package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"kept.dev/kit/event"
)

// Local hands events to the consumers of the same process, straight from the outbox: Publish returns when all
// have taken them, so there is nothing in between that could be lost. When one has not, Publish fails, and the events are
// published again.
type Local struct{ seats map[string]*seat }

// NewLocal makes the bus for the given consumers. Publish waits for those who are not there.
func NewLocal(consumers ...string) *Local {
	b := &Local{seats: map[string]*seat{}}
	for _, name := range consumers {
		b.seats[name] = &seat{taken: make(chan struct{})}
	}
	return b
}

// Publish hands the events to all consumers at the same time.
func (b *Local) Publish(ctx context.Context, _ string, _ Number, events []event.Event) error {
	group, ctx := errgroup.WithContext(ctx)
	for name, seat := range b.seats {
		group.Go(func() error {
			for part := range slices.Chunk(events, Batch) {
				if err := seat.deliver(ctx, part); err != nil {
					return fmt.Errorf("consumer %s: %w", name, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// Consume takes events until the context ends.
func (b *Local) Consume(ctx context.Context, consumer string, handle Handle) error {
	seat, ok := b.seats[consumer]
	if !ok {
		return errors.New("bus: unknown consumer " + consumer)
	}
	t := &taker{handle: handle}
	seat.sit(t)
	<-ctx.Done()
	seat.leave(t)
	t.busy.Wait()
	return nil
}

// Pending is always zero: what is not handled is still in the outbox.
func (b *Local) Pending(context.Context, string) (int64, error) { return 0, nil }

// Behind is always zero, likewise.
func (b *Local) Behind(context.Context, string) (int64, error) { return 0, nil }

// Published is always zero.
func (b *Local) Published(context.Context, string) (int64, error) { return 0, nil }

// Keeps is false: there is nothing that could be lost.
func (b *Local) Keeps() bool { return false }

// Trim has nothing to forget.
func (b *Local) Trim(context.Context, string) error { return nil }

// Ping always answers.
func (b *Local) Ping(context.Context) error { return nil }

// seat is a consumer's place at the table. Several who sit on it take turns.
type seat struct {
	mu     sync.Mutex
	takers []*taker
	taken  chan struct{} // closed while somebody sits there
}

type taker struct {
	handle Handle
	busy   sync.WaitGroup
}

func (s *seat) sit(t *taker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.takers = append(s.takers, t); len(s.takers) == 1 {
		close(s.taken)
	}
}

func (s *seat) leave(t *taker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takers = slices.DeleteFunc(s.takers, func(other *taker) bool { return other == t })
	if len(s.takers) == 0 {
		s.taken = make(chan struct{})
	}
}

func (s *seat) deliver(ctx context.Context, events []event.Event) error {
	for {
		t, taken := s.next()
		if t != nil {
			defer t.busy.Done()
			return t.handle(ctx, events)
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next is whose turn it is, marked as busy; nil, and what to wait for, when nobody is there.
func (s *seat) next() (*taker, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.takers) == 0 {
		return nil, s.taken
	}
	t := s.takers[0]
	s.takers = append(s.takers[1:len(s.takers):len(s.takers)], t)
	t.busy.Add(1)
	return t, nil
}
