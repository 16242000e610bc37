// Package event is the envelope of a fact: a CloudEvent (cloudevents.io, 1.0) around a protobuf message.
package event

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
)

// Event is a fact in the past tense.
type Event struct {
	ID      string    // unique for ever; sorts by the wall time of its making
	Source  string    // the service that says it, such as "order"
	Type    string    // the message's full name, such as "kept.order.v1.OrderPlaced"
	Subject string    // the resource that it is about, such as "orders/…"
	Version int64     // the resource's version after it; consumers that care about order compare it
	Time    time.Time // when it happened, by the business clock
	// Actor is who made it true: the caller of the RPC, or the service that said it by itself.
	Actor access.Principal
	// Traceparent ties it to the trace in which it was said (W3C trace context).
	Traceparent string
	Data        []byte // the message, in protobuf's binary encoding
}

// New makes the event of a message. The context gives the trace and who acts.
func New(ctx context.Context, source, subject string, version int64, at time.Time, msg proto.Message) (Event, error) {
	data, err := proto.Marshal(msg)
	if err != nil {
		return Event{}, fmt.Errorf("encode event: %w", err)
	}
	return Event{
		ID: id.New(), Source: source, Type: string(msg.ProtoReflect().Descriptor().FullName()), Subject: subject,
		Version: version, Time: at, Actor: access.Caller(ctx), Traceparent: Traceparent(ctx), Data: data,
	}, nil
}

// Traceparent is the trace of the context in W3C form, or empty.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// Resume returns a context that belongs to the trace.
func Resume(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}
