// Package inbox lets a service react to events, its own and others', each handler to each event exactly once.
//
// Up to a hundred events are handled in one transaction. First the pairs of event and handler are written to the inbox table:
// what is there already has had its effect. Then every handler is called once, with all its events. When that
// fails, the batch is taken apart (split.go) until the one event is found that fails for the one handler; it becomes
// a timer of that handler, which tries later and later and is parked at last.
//
// Replicas of different versions may read the same events. Each notes which handlers it has (registry.go), and leaves
// what another's handler waits for to a timer that only those replicas carry out which have that handler.
package inbox

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
)

// Config is what an inbox needs.
type Config struct {
	// Service is whose events they are: its handlers run as its principal, and its consumers are named after it.
	Service  string
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Tracer   trace.Tracer
	Activity *telemetry.Activity
	Handlers []Handler
	// Refresh brings the clock up to date, where it can be moved from outside (a sandbox); nil where it can't.
	Refresh func(context.Context) error
	// Believed is for how long what replicas have noted of their handlers is taken for true (default 1 s).
	Believed time.Duration
}

// Inbox takes in a service's events.
type Inbox struct {
	cfg      Config
	db       *sqldb.DB
	handlers []*Handler
	retired  []string // names of handlers that are gone for good
	registry registry
}

// New makes an inbox. Its failed events are tried again by the worker.
func New(cfg Config, retries *timer.Worker) *Inbox {
	cfg.Believed = cmp.Or(cfg.Believed, time.Second)
	b := &Inbox{cfg: cfg, db: cfg.DB.Background(), registry: registry{retired: map[string]bool{}}}
	for i, h := range cfg.Handlers {
		if h.retired {
			b.retired, b.registry.retired[h.Name] = append(b.retired, h.Name), true
			continue
		}
		h.place = i
		b.handlers = append(b.handlers, &h)
		for _, typ := range h.Types {
			retries.Handle(retryOf(h.Name, typ), b.retry(&h))
		}
	}
	retries.Handle(retryOf(unreadable, ""), b.retry(&Handler{Name: unreadable}))
	return b
}

// Default is the consumer of the handlers that are in none of their own.
func (b *Inbox) Default() string { return b.cfg.Service }

// consumerName is how the bus knows a consumer: the service's own, or one of its named ones.
func (b *Inbox) consumerName(named string) string {
	if named == "" {
		return b.cfg.Service
	}
	return b.cfg.Service + "." + named
}

// item is an event on its way to a handler.
type item struct {
	event   event.Event
	handler *Handler // nil when only other replicas have it
	name    string   // the handler's
	fact    proto.Message
	fault   error // why nobody can read it
	span    trace.Span
}

// Handle takes in events for all of the service's handlers, whichever consumer they are in.
func (b *Inbox) Handle(ctx context.Context, events []event.Event) error {
	return b.takeIn(ctx, events, func(string) bool { return true })
}

// HandleFor takes in the events that the bus has for one consumer. An error means that the database is away, and
// that some of the events may not have been taken; everything else is dealt with here.
func (b *Inbox) HandleFor(consumer string) func(ctx context.Context, events []event.Event) error {
	return func(ctx context.Context, events []event.Event) error {
		return b.takeIn(ctx, events, func(c string) bool { return c == consumer })
	}
}

func (b *Inbox) takeIn(ctx context.Context, events []event.Event, reads func(consumer string) bool) error {
	ctx = access.WithService(ctx, b.cfg.Service)
	known, err := b.registry.read(ctx, b.db, b.cfg.Believed)
	if err != nil {
		return err
	}
	items, broken := b.itemsOf(events, known, reads)
	if len(items)+len(broken) == 0 {
		return nil
	}
	defer b.cfg.Activity.Begin()()
	if err := b.catchUp(ctx, events); err != nil {
		return err
	}
	for _, part := range portions(items, mostAtOnce) {
		if err := b.takeTogether(ctx, part); err != nil {
			return err
		}
	}
	for _, it := range broken {
		if err := b.takeTogether(ctx, []item{it}); err != nil {
			return err
		}
	}
	return nil
}

// itemsOf are what handlers have to do with the events, sorted, so that replicas with the same events wait for each other and
// don't deadlock. broken are those that nobody can read.
func (b *Inbox) itemsOf(events []event.Event, known []registration, reads func(consumer string) bool) (items, broken []item) {
	for _, e := range events {
		if e.Type == "" || e.ID == "" {
			broken = append(broken, item{event: e, name: unreadable, handler: &Handler{Name: unreadable}, fault: errUnreadable})
			continue
		}
		for _, it := range b.handlersOf(e, known, reads) {
			if it.handler != nil {
				it.fact, it.fault = it.handler.decode(e)
			}
			if it.fault != nil {
				broken = append(broken, it)
			} else {
				items = append(items, it)
			}
		}
	}
	slices.SortFunc(items, func(x, y item) int {
		return cmp.Or(strings.Compare(x.event.ID, y.event.ID), strings.Compare(x.name, y.name))
	})
	same := func(x, y item) bool { return x.event.ID == y.event.ID && x.name == y.name }
	return slices.CompactFunc(items, same), broken
}

// handlersOf are the handlers of an event: those that this replica has, and those that are known to others only.
func (b *Inbox) handlersOf(e event.Event, known []registration, reads func(consumer string) bool) (items []item) {
	had := map[string]bool{}
	for _, h := range b.handlers {
		if h.takes(e.Type) && (reads(b.consumerName(h.consumer)) || movedFrom(known, h.Name, e.Type, reads)) {
			items = append(items, item{event: e, name: h.Name, handler: h})
		}
		had[h.Name] = had[h.Name] || h.takes(e.Type)
	}
	for _, r := range known {
		if r.typ == e.Type && !had[r.name] && reads(r.consumer) {
			had[r.name] = true
			items = append(items, item{event: e, name: r.name})
		}
	}
	return items
}

// mostAtOnce bounds the bytes of the events in one transaction: some events tell of hundreds of things.
const mostAtOnce = 128 << 10

// portions cuts items into runs of at most so many bytes, or of one event.
func portions(items []item, bytes int) (parts [][]item) {
	size, from := 0, 0
	for i, it := range items {
		if i > 0 && it.event.ID == items[i-1].event.ID {
			continue // the same event for another handler
		}
		if size += len(it.event.Data); size > bytes && i > from {
			parts, from, size = append(parts, items[from:i]), i, len(it.event.Data)
		}
	}
	if from == len(items) {
		return parts
	}
	return append(parts, items[from:])
}

// catchUp sees to it that nothing is handled before it has happened: a clock that was moved may be known to whoever said the
// event and not here yet, and what follows from the event would be stamped with a time long before it.
func (b *Inbox) catchUp(ctx context.Context, events []event.Event) error {
	if b.cfg.Refresh == nil {
		return nil
	}
	now := b.cfg.Clock.Now()
	for _, e := range events {
		if e.Time.After(now) {
			return b.cfg.Refresh(ctx)
		}
	}
	return nil
}
