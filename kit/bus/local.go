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
// have taken them, so there is nothing in between that could be lost.
type Local struct {
	ready    map[string]chan struct{} // closed when the consumer is there
	mu       sync.RWMutex
	handlers map[string]Handle
}

// NewLocal makes the bus for the given consumers. Publish waits until they are all there.
func NewLocal(consumers ...string) *Local {
	b := &Local{ready: map[string]chan struct{}{}, handlers: map[string]Handle{}}
	for _, name := range consumers {
		b.ready[name] = make(chan struct{})
	}
	return b
}

// Publish hands the events to all consumers at the same time.
func (b *Local) Publish(ctx context.Context, _ string, events []event.Event) error {
	group, ctx := errgroup.WithContext(ctx)
	for name := range b.ready {
		group.Go(func() error { return b.deliver(ctx, name, events) })
	}
	return group.Wait()
}

func (b *Local) deliver(ctx context.Context, consumer string, events []event.Event) error {
	select {
	case <-b.ready[consumer]:
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.RLock()
	handle := b.handlers[consumer]
	b.mu.RUnlock()
	if handle == nil {
		return fmt.Errorf("consumer %s has stopped", consumer)
	}
	for part := range slices.Chunk(events, Batch) {
		if err := handle(ctx, part); err != nil {
			return fmt.Errorf("consumer %s: %w", consumer, err)
		}
	}
	return nil
}

// Consume takes events until the context ends.
func (b *Local) Consume(ctx context.Context, consumer string, handle Handle) error {
	ready, ok := b.ready[consumer]
	if !ok {
		return errors.New("bus: unknown consumer " + consumer)
	}
	b.mu.Lock()
	b.handlers[consumer] = handle
	b.mu.Unlock()
	close(ready)
	<-ctx.Done()
	b.mu.Lock()
	b.handlers[consumer] = nil
	b.mu.Unlock()
	return nil
}

// Pending is always zero: what is not handled is still in the outbox.
func (b *Local) Pending(context.Context, string) (int64, error) { return 0, nil }

// Epoch never changes: the bus holds nothing that it could lose.
func (b *Local) Epoch(context.Context, string) (string, error) { return "local", nil }

// Trim has nothing to forget.
func (b *Local) Trim(context.Context, string) error { return nil }

// Ping always answers.
func (b *Local) Ping(context.Context) error { return nil }
