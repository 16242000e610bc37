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

// telling is what a fact means for a customer: what to tell, and what they can do about it.
type telling struct {
	fact proto.Message

	customer, about, template string
	// choices are what the customer can choose about the matter until it expires.
	choices []string
	matter  string
	expires time.Time
	// decides names what is decided with this fact: nothing can be chosen about it any more.
	decides string
	// entry is the entry of a case that has the words, which the fact has not.
	entry string
}

// teller knows what one type of fact means. Nil means that there is nothing to tell.
type teller struct {
	fact    string
	read    func(data []byte) (*telling, error)
	handler func(*Service) inbox.Handler
}

func tells[T proto.Message](handler string, mean func(fact T) *telling) teller {
	var zero T
	kind := zero.ProtoReflect().Type()
	meaning := func(fact T) *telling {
		t := mean(fact)
		if t != nil {
			t.fact = fact
		}
		return t
	}
	return teller{
		fact: string(kind.Descriptor().FullName()),
		read: func(data []byte) (*telling, error) {
			fact := kind.New().Interface().(T)
			if err := proto.Unmarshal(data, fact); err != nil {
				return nil, fmt.Errorf("decode %s: %w", kind.Descriptor().FullName(), err)
			}
			return meaning(fact), nil
		},
		handler: func(s *Service) inbox.Handler {
			return inbox.On(handler, func(ctx context.Context, tx *sqldb.Tx, e event.Event, fact T) error {
				if t := meaning(fact); t != nil {
					return s.tell(ctx, tx, e, t)
				}
				return nil
			})
		},
	}
}

// understand reads an event again.
func (s *Service) understand(e event.Event) (*telling, error) {
	for _, t := range s.tellers {
		if t.fact == e.Type {
			return t.read(e.Data)
		}
	}
	return nil, fmt.Errorf("nobody is told of %s", e.Type)
}
