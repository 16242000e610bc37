// Package inbox lets a service take in events of others, each with its effects exactly once.
//
// Up to a hundred events are handled in one transaction, after their ids have been written to the inbox table: what is
// there already has had its effect. If one fails the transaction is rolled back and each event goes alone; the one
// that fails again becomes a timer that tries later and later, and is parked at last.
package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/activity"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/panics"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// Handler takes in one type of event, in the transaction that notes it as handled. Handlers don't rely on the order in
// which events come: they commute, or compare versions.
type Handler struct {
	Type   string
	handle func(ctx context.Context, tx *sqldb.Tx, e event.Event) error
}

// On makes the handler of a message type.
func On[T proto.Message](handle func(ctx context.Context, tx *sqldb.Tx, e event.Event, fact T) error) Handler {
	var zero T
	kind := zero.ProtoReflect().Type()
	return Handler{
		Type: string(kind.Descriptor().FullName()),
		handle: func(ctx context.Context, tx *sqldb.Tx, e event.Event) error {
			fact := kind.New().Interface().(T)
			if err := proto.Unmarshal(e.Data, fact); err != nil {
				return fmt.Errorf("decode %s: %w", e.Type, err)
			}
			return handle(ctx, tx, e, fact)
		},
	}
}

// Config is what a consumer needs.
type Config struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Tracer   trace.Tracer
	Activity *activity.Counter
	Handlers []Handler
	// Refresh brings the clock up to date, where it can be moved from outside (a sandbox); nil where it can't.
	Refresh func(context.Context) error
}

// Consumer takes in a service's events.
type Consumer struct {
	cfg      Config
	handlers map[string][]Handler
}

// New makes a consumer. Its failed events are tried again by the worker.
func New(cfg Config, retries *timer.Worker) *Consumer {
	c := &Consumer{cfg: cfg, handlers: map[string][]Handler{}}
	for _, h := range cfg.Handlers {
		c.handlers[h.Type] = append(c.handlers[h.Type], h)
	}
	retries.Handle(redeliver, c.retry)
	return c
}

// Handle takes in events. An error means that the database is away and none was taken; everything else is dealt
// with here.
func (c *Consumer) Handle(ctx context.Context, events []event.Event) error {
	mine := slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool { return !c.wants(e) })
	if len(mine) == 0 {
		return nil
	}
	defer c.cfg.Activity.Begin()()
	slices.SortFunc(mine, func(a, b event.Event) int { return strings.Compare(a.ID, b.ID) })
	if err := c.catchUp(ctx, mine); err != nil {
		return err
	}
	for _, part := range portions(mine, mostAtOnce) {
		if err := c.takeTogether(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// takeTogether takes events in one transaction, or each in its own where one of them fails.
func (c *Consumer) takeTogether(ctx context.Context, events []event.Event) error {
	err := c.take(ctx, events)
	if err == nil || outage(ctx, err) {
		return err
	}
	for _, e := range events {
		if err := c.takeAlone(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// mostAtOnce bounds the bytes of the events in one transaction: some events tell of hundreds of things.
const mostAtOnce = 128 << 10

// portions cuts events into runs of at most so many bytes, or of one event.
func portions(events []event.Event, bytes int) (parts [][]event.Event) {
	size, from := 0, 0
	for i, e := range events {
		if size += len(e.Data); size > bytes && i > from {
			parts, from, size = append(parts, events[from:i]), i, len(e.Data)
		}
	}
	return append(parts, events[from:])
}

// catchUp sees to it that nothing is handled before it has happened: a clock that was moved may be known to whoever said the
// event and not here yet, and what follows from the event would be stamped with a time long before it.
func (c *Consumer) catchUp(ctx context.Context, events []event.Event) error {
	if c.cfg.Refresh == nil {
		return nil
	}
	now := c.cfg.Clock.Now()
	for _, e := range events {
		if e.Time.After(now) {
			return c.cfg.Refresh(ctx)
		}
	}
	return nil
}

// wants tells whether there is a handler. An entry that could not be read at all is wanted too, to be parked.
func (c *Consumer) wants(e event.Event) bool { return e.Type == "" || len(c.handlers[e.Type]) > 0 }

// outage tells whether our own database is away or too busy, or we are told to stop: that is no event's fault.
func outage(ctx context.Context, err error) bool {
	kind := errs.KindOf(err)
	return ctx.Err() != nil || kind == codes.Unavailable || kind == codes.ResourceExhausted
}

// take handles the events in one transaction.
func (c *Consumer) take(ctx context.Context, events []event.Event) error {
	return c.cfg.DB.UpdateAlone(ctx, "consume."+events[0].Type, func(tx *sqldb.Tx) error {
		fresh, err := c.note(tx, events)
		if err != nil {
			return err
		}
		for _, e := range fresh {
			if err := c.apply(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeAlone handles one event; when it fails it is put off, and the bus need not give it again.
func (c *Consumer) takeAlone(ctx context.Context, e event.Event) error {
	cause := c.take(ctx, []event.Event{e})
	if cause == nil || outage(ctx, cause) {
		return cause
	}
	return c.putOff(ctx, e, cause)
}

// apply runs the event's handlers in the event's own trace.
func (c *Consumer) apply(ctx context.Context, tx *sqldb.Tx, e event.Event) error {
	if e.Type == "" || e.ID == "" {
		return fmt.Errorf("the event cannot be read: its entry has fields that are missing or garbled")
	}
	ctx, span := c.cfg.Tracer.Start(event.Resume(ctx, e.Traceparent), "consume "+e.Type, trace.WithSpanKind(trace.SpanKindConsumer))
	defer span.End()
	for _, h := range c.handlers[e.Type] {
		if err := panics.Catch(func() error { return h.handle(ctx, tx, e) }); err != nil {
			span.RecordError(err)
			return fmt.Errorf("handle %s: %w", e.Type, err)
		}
	}
	return nil
}

// note writes the events' ids and returns the events that had not been there. They come sorted, so that two
// replicas with the same events wait for each other and do not deadlock.
func (c *Consumer) note(tx *sqldb.Tx, events []event.Event) ([]event.Event, error) {
	text, args := insertIDs(events)
	rows, err := tx.Query(text, args...)
	if err != nil {
		return nil, err
	}
	isNew := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		isNew[id] = true
	}
	if failpoint.Off(failpoint.InboxCheck) {
		return events, nil
	}
	var fresh []event.Event
	for _, e := range events {
		if isNew[e.ID] {
			fresh = append(fresh, e)
			isNew[e.ID] = false // the same event twice in one batch
		}
	}
	return fresh, nil
}
