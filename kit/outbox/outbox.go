// Package outbox writes events in the transaction that makes them true. A relay publishes them afterwards.
package outbox

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
)

// Outbox is a service's voice.
type Outbox struct {
	source string
	clock  clock.Clock
	wake   chan struct{}
}

// New makes the outbox of the named service.
func New(source string, c clock.Clock) *Outbox {
	return &Outbox{source: source, clock: c, wake: make(chan struct{}, 1)}
}

// Wake receives soon after events have been written by this process.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

const columns = 7 // of a row, besides pending

// Put says, in the transaction, what became true of the subject, which has the given version after it.
func (o *Outbox) Put(ctx context.Context, tx *sqldb.Tx, subject string, version int64, facts ...proto.Message) error {
	args := make([]any, 0, columns*len(facts))
	for _, fact := range facts {
		e, err := event.New(ctx, o.source, subject, version, o.clock.Now(), fact)
		if err != nil {
			return err
		}
		args = append(args, e.ID, e.Type, e.Subject, e.Version, e.Time.UnixMicro(), e.Traceparent, e.Data)
	}
	tx.Exec(insert(len(facts)), args...)
	tx.AfterCommit(o.Nudge)
	return nil
}

// insert is one statement for all facts of a change.
func insert(facts int) string {
	var text strings.Builder
	text.WriteString("insert into outbox (id, type, subject, version, time, traceparent, data, pending) values ")
	for i := range facts {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteByte('(')
		for c := range columns {
			fmt.Fprintf(&text, "$%d, ", i*columns+c+1)
		}
		text.WriteString("true)")
	}
	return text.String()
}

// Nudge makes the relay look for events now.
func (o *Outbox) Nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
