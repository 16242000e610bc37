package message

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/sqldb"
)

// messagePlan is what an event means for a customer: what to tell, and what they can do about it.
type messagePlan struct {
	fact proto.Message

	customer, about, template string
	// choices are what the customer can choose about the subject until it expires.
	choices []string
	subject string
	expires time.Time
	// decides names what is decided with this event: nothing can be chosen about it any more.
	decides string
	// entry is the entry of a case that has the words, which the event has not.
	entry string
}

// planner plans messages for one type of event. No plan means that there is nothing to tell.
type planner struct {
	eventType string
	decode    func(data []byte) (*messagePlan, error)
	handler   func(*Service) inbox.Handler
}

// plans makes a planner, whose events are handled under the handler's name.
func plans[T proto.Message](handler string, plan func(fact T) *messagePlan) planner {
	var zero T
	kind := zero.ProtoReflect().Type()
	planFor := func(fact T) *messagePlan {
		p := plan(fact)
		if p != nil {
			p.fact = fact
		}
		return p
	}
	return planner{
		eventType: string(kind.Descriptor().FullName()),
		decode: func(data []byte) (*messagePlan, error) {
			fact := kind.New().Interface().(T)
			if err := proto.Unmarshal(data, fact); err != nil {
				return nil, fmt.Errorf("decode %s: %w", kind.Descriptor().FullName(), err)
			}
			return planFor(fact), nil
		},
		handler: func(s *Service) inbox.Handler {
			return inbox.OnAll(handler, func(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[T]) error {
				var drafts []*draft
				for _, e := range events {
					if p := planFor(e.Fact); p != nil {
						drafts = append(drafts, &draft{event: e.Event, plan: p, traceparent: event.Traceparent(e.Trace(ctx))})
					}
				}
				return s.tell(ctx, tx, drafts)
			})
		},
	}
}

// planOf plans the message of an event that was kept.
func (s *Service) planOf(e event.Event) (*messagePlan, error) {
	for _, p := range s.planners {
		if p.eventType == e.Type {
			return p.decode(e.Data)
		}
	}
	return nil, fmt.Errorf("nobody is told of %s", e.Type)
}
