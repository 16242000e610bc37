// Package bus carries events from each service to all the others: at least once, in no promised order.
package bus

import (
	"context"

	"kept.dev/kit/event"
)

// Bus carries events.
type Bus interface {
	// Publish returns when every consumer either has the events or will get them.
	Publish(ctx context.Context, source string, events []event.Event) error
	// Consume hands the consumer its events, at most Batch at a time, until the context ends. An event is
	// given again until handle has returned nil for it, so handle must know what it has had.
	Consume(ctx context.Context, consumer string, handle Handle) error
	// Pending is how many published events the consumer has not yet handled.
	Pending(ctx context.Context, consumer string) (int64, error)
	// Behind is how many published events of the source the slowest of its consumers has not yet handled.
	Behind(ctx context.Context, source string) (int64, error)
	// Epoch changes when the bus may have lost what was published before.
	Epoch(ctx context.Context, source string) (string, error)
	// Trim forgets events of the source that every consumer has handled.
	Trim(ctx context.Context, source string) error
	// Ping tells whether the bus answers.
	Ping(ctx context.Context) error
}

// Handle takes events; nil means that they are dealt with for good.
type Handle func(ctx context.Context, events []event.Event) error

// Batch is how many events are handed over at a time, at most.
const Batch = 100
