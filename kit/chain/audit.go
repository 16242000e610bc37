package chain

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
)

// Reads writes down what employees read of customers. *audit.Reads is one.
type Reads interface {
	Note(ctx context.Context, entries ...audit.Entry) error
}

// auditing has what employees read or change of customers noted. A change notes itself, in its transaction; everything else that is
// answered counts as read. What can't be noted is not shown.
type auditing struct {
	reads Reads
	book  *access.Rulebook
}

func (a auditing) step(ctx context.Context, c *call) error {
	if a.reads == nil {
		return c.next(ctx)
	}
	ctx, c.audited = audit.Begin(ctx, a.book.OfCustomers(c.method))
	if err := c.next(ctx); err != nil || c.stream || c.audited == nil {
		return err
	}
	return a.note(ctx, c.audited, c.request, c.answer)
}

// note notes what an employee's call has read.
func (a auditing) note(ctx context.Context, call *audit.Call, messages ...any) error {
	var all []proto.Message
	for _, m := range messages {
		if m, ok := m.(proto.Message); ok {
			all = append(all, m)
		}
	}
	entries := call.Read(all...)
	if len(entries) == 0 {
		return nil
	}
	return a.reads.Note(ctx, entries...)
}
