package inbox

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
)

// Handler reacts to one type of event, or to a few, in the transaction that notes them as handled. Handlers don't rely on the
// order in which events come: they commute, or compare versions.
type Handler struct {
	// Name is the handler's for ever, unique within its service: "promise.made". What it has handled is noted under it, and what
	// it has still to handle waits under it for a replica that knows it.
	Name string
	// Types are the full names of the messages that it takes.
	Types []string

	retired  bool
	consumer string
	place    int // among the service's handlers
	messages map[string]protoreflect.MessageType
	handle   func(ctx context.Context, tx *sqldb.Tx, items []item) error
}

// Of is an event with its fact.
type Of[T proto.Message] struct {
	event.Event
	Fact T
	span trace.Span
}

// Trace is the context with the event's trace, to which what follows from it belongs.
func (o Of[T]) Trace(ctx context.Context) context.Context { return trace.ContextWithSpan(ctx, o.span) }

// On makes a handler that is called for each event by itself.
func On[T proto.Message](name string, handle func(ctx context.Context, tx *sqldb.Tx, e event.Event, fact T) error) Handler {
	return OnAll(name, func(ctx context.Context, tx *sqldb.Tx, events []Of[T]) error {
		for _, e := range events {
			if err := handle(e.Trace(ctx), tx, e.Event, e.Fact); err != nil {
				return err
			}
		}
		return nil
	})
}

// OnAll makes a handler that is called once with all its events of a batch, so that it can write for all of them at once. It
// sorts the keys that it writes to: other replicas do the same at the same time.
func OnAll[T proto.Message](name string, handle func(ctx context.Context, tx *sqldb.Tx, events []Of[T]) error) Handler {
	var zero T
	return OnTypes(name, handle, zero)
}

// OnTypes makes a handler of several types of events that have in common what it asks of them. A nil pointer names a type.
func OnTypes[T proto.Message](
	name string, handle func(ctx context.Context, tx *sqldb.Tx, events []Of[T]) error, types ...T,
) Handler {
	h := Handler{Name: name, messages: map[string]protoreflect.MessageType{}}
	for _, t := range types {
		message := t.ProtoReflect().Type()
		h.Types = append(h.Types, string(message.Descriptor().FullName()))
		h.messages[h.Types[len(h.Types)-1]] = message
	}
	h.handle = func(ctx context.Context, tx *sqldb.Tx, items []item) error {
		events := make([]Of[T], len(items))
		for i, it := range items {
			events[i] = Of[T]{Event: it.event, Fact: it.fact.(T), span: it.span}
		}
		return handle(ctx, tx, events)
	}
	return h
}

// In puts handlers into a consumer of their own, which nothing that other handlers wait for can hold up.
func In(consumer string, handlers ...Handler) []Handler {
	handlers = slices.Clone(handlers)
	for i := range handlers {
		handlers[i].consumer = consumer
	}
	return handlers
}

// Retired says that the service has had a handler of that name and will never have it again: what still waits for it is let go,
// instead of being waited for and parked.
func Retired(name string) Handler { return Handler{Name: name, retired: true} }

// takes tells whether the handler takes events of the type.
func (h *Handler) takes(typ string) bool { return slices.Contains(h.Types, typ) }

// decode reads the event's fact.
func (h *Handler) decode(e event.Event) (proto.Message, error) {
	message, ok := h.messages[e.Type]
	if !ok {
		return nil, fmt.Errorf("the handler %s takes no events of type %s", h.Name, e.Type)
	}
	fact := message.New().Interface()
	if err := proto.Unmarshal(e.Data, fact); err != nil {
		return nil, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	return fact, nil
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$`)

// Check refuses handlers that could not be told apart, or have no name that can be noted.
func Check(handlers []Handler) error {
	seen := map[string]bool{unreadable: true}
	for _, h := range handlers {
		switch {
		case !plainName.MatchString(h.Name):
			return fmt.Errorf("event handler %q: the name must be words of a-z, 0-9 and hyphens with dots between them", h.Name)
		case seen[h.Name]:
			return fmt.Errorf("event handler %q: the name must be unique within the service", h.Name)
		case h.consumer != "" && !plainName.MatchString(h.consumer):
			return fmt.Errorf("event handler %q: the consumer's name %q must be as a handler's name", h.Name, h.consumer)
		}
		seen[h.Name] = true
	}
	return nil
}
