// Package bus carries events from each service to all the others: at least once, in no promised order.
package bus

import (
	"context"
	"errors"
	"time"

	"kept.dev/kit/event"
)

// Bus carries events.
type Bus interface {
	// Publish returns when every consumer either has the events or will get them. A bus that keeps events keeps the number with
	// them, and takes them only if the last number that it has is the one before; otherwise ErrNumber.
	Publish(ctx context.Context, source string, number Number, events []event.Event) error
	// Published is the number of the source's last publication that the bus has: an earlier one than the last when it has
	// lost some, and zero when it has lost all. Always zero where the bus keeps nothing.
	Published(ctx context.Context, source string) (int64, error)
	// Keeps tells whether the bus keeps events, so that it may lose them.
	Keeps() bool
	// Expect names consumers before anything is published or consumed: nothing is forgotten that they have not had.
	Expect(consumers ...string)
	// Consume hands the consumer its events, at most Batch at a time, until the context ends. An event is
	// given again until handle has returned nil for it, so handle must know what it has had.
	Consume(ctx context.Context, consumer string, handle Handle) error
	// Pending is how many published events the consumer, and those named after it with a dot and a name, have not yet handled.
	Pending(ctx context.Context, consumer string) (int64, error)
	// Behind is how many published events of the source the slowest of its consumers has not yet handled.
	Behind(ctx context.Context, source string) (int64, error)
	// Trim forgets events of the source that every consumer has handled. Those who have never been there are waited for
	// within bounds only, and nobody is for longer than a week.
	Trim(ctx context.Context, source string) error
	// Consumers are those named after the service, itself among them, that the bus keeps events for.
	Consumers(ctx context.Context, service string) ([]string, error)
	// Retire forgets a consumer and what it has not had. Whoever still consumes in its name begins anew.
	Retire(ctx context.Context, consumer string) error
	// Republish wishes that all sources publish their events of the given types again, those made since the given time. It returns
	// when the wish survives the end of this process: where the bus keeps nothing, when all sources have granted it.
	Republish(ctx context.Context, types []string, since time.Time) error
	// Wishes are those that a source has not granted yet.
	Wishes(ctx context.Context, source string) ([]Wish, error)
	// Granted says that wishes of a source have come true.
	Granted(ctx context.Context, source string, wishes []Wish) error
	// Ping tells whether the bus answers.
	Ping(ctx context.Context) error
}

// Number is the running number of a publication, and that of the one before it; zero before the first.
type Number struct{ Before, This int64 }

// ErrNumber says that the last publication which the bus has is not the one before this: it has lost some, or somebody else
// has published.
var ErrNumber = errors.New("the bus has another number of the last publication")

// Handle takes events; nil means that they are dealt with for good.
type Handle func(ctx context.Context, events []event.Event) error

// Batch is how many events are handed over at a time, at most.
const Batch = 100
