package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"kept.dev/kit/event"
)

// Local hands events to the consumers of the same process, straight from the outbox: Publish returns when all
// have taken them, so there is nothing in between that could be lost. When one has not, Publish fails, and the events are
// published again.
type Local struct {
	mu        sync.Mutex
	consumers map[string]*consumer
	wishes    map[string]map[string]*localWish // by source and type
}

// NewLocal makes the bus for the given services. Publish waits for those who are not there.
func NewLocal(services ...string) *Local {
	b := &Local{consumers: map[string]*consumer{}, wishes: map[string]map[string]*localWish{}}
	for _, name := range services {
		b.wishes[name] = map[string]*localWish{}
	}
	b.Expect(services...)
	return b
}

// Expect implements Bus.
func (b *Local) Expect(consumers ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range consumers {
		if b.consumers[name] == nil {
			b.consumers[name] = &consumer{present: make(chan struct{})}
		}
	}
}

// Publish hands the events to all consumers at the same time.
func (b *Local) Publish(ctx context.Context, _ string, _ Number, events []event.Event) error {
	group, ctx := errgroup.WithContext(ctx)
	for name, c := range b.all() {
		group.Go(func() error {
			for part := range slices.Chunk(events, Batch) {
				if err := c.deliver(ctx, part); err != nil {
					return fmt.Errorf("consumer %s: %w", name, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (b *Local) all() map[string]*consumer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.consumers)
}

// Consume takes events until the context ends.
func (b *Local) Consume(ctx context.Context, consumer string, handle Handle) error {
	c, ok := b.all()[consumer]
	if !ok {
		return errors.New("bus: unknown consumer " + consumer)
	}
	r := &localReader{handle: handle}
	c.join(r)
	<-ctx.Done()
	c.leave(r)
	r.busy.Wait()
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

// Consumers are none: there is nothing kept that could be forgotten.
func (b *Local) Consumers(context.Context, string) ([]string, error) { return nil, nil }

// Retire implements Bus.
func (b *Local) Retire(_ context.Context, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.consumers, name)
	return nil
}

// Ping always answers.
func (b *Local) Ping(context.Context) error { return nil }

// consumer is who has to take the events. Readers of the same consumer take turns.
type consumer struct {
	mu      sync.Mutex
	readers []*localReader
	present chan struct{} // closed while there is a reader
}

type localReader struct {
	handle Handle
	busy   sync.WaitGroup
}

func (c *consumer) join(r *localReader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readers = append(c.readers, r); len(c.readers) == 1 {
		close(c.present)
	}
}

func (c *consumer) leave(r *localReader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readers = slices.DeleteFunc(c.readers, func(other *localReader) bool { return other == r })
	if len(c.readers) == 0 {
		c.present = make(chan struct{})
	}
}

// deliver hands the events to whoever's turn it is. Handling has its own time, that of its transactions: the publisher's is over
// with its lease, and what a slow event does then would look like an outage.
func (c *consumer) deliver(ctx context.Context, events []event.Event) error {
	for {
		r, present := c.next()
		if r != nil {
			defer r.busy.Done()
			return r.handle(context.WithoutCancel(ctx), events)
		}
		select {
		case <-present:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next is whose turn it is, marked as busy; nil, and what to wait for, when nobody is there.
func (c *consumer) next() (*localReader, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.readers) == 0 {
		return nil, c.present
	}
	r := c.readers[0]
	c.readers = append(c.readers[1:len(c.readers):len(c.readers)], r)
	r.busy.Add(1)
	return r, nil
}
