// Package outbox writes events in the transaction that makes them true. A relay publishes them afterwards.
package outbox

import (
	"context"

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

// Said is a fact about a subject, which has the given version after it.
type Said struct {
	Subject string
	Version int64
	Fact    proto.Message
	// Traceparent is the trace that it belongs to; by default, the context's.
	Traceparent string
}

// Put says, in the transaction, what became true of the subject, which has the given version after it.
func (o *Outbox) Put(ctx context.Context, tx *sqldb.Tx, subject string, version int64, facts ...proto.Message) error {
	said := make([]Said, len(facts))
	for i, fact := range facts {
		said[i] = Said{Subject: subject, Version: version, Fact: fact}
	}
	return o.PutAll(ctx, tx, said)
}

const insert = `insert into outbox (id, type, subject, version, time, traceparent, data, pending) values`

// PutAll says, in the transaction, what became true of many subjects at once.
func (o *Outbox) PutAll(ctx context.Context, tx *sqldb.Tx, said []Said) error {
	now, rows := o.clock.Now(), make([][]any, len(said))
	for i, s := range said {
		e, err := event.New(ctx, o.source, s.Subject, s.Version, now, s.Fact)
		if err != nil {
			return err
		}
		if s.Traceparent != "" {
			e.Traceparent = s.Traceparent
		}
		rows[i] = []any{e.ID, e.Type, e.Subject, e.Version, e.Time.UnixMicro(), e.Traceparent, e.Data, true}
	}
	tx.ExecValues(insert, rows, "")
	tx.AfterCommit(o.Nudge)
	return nil
}

// Nudge makes the relay look for events now.
func (o *Outbox) Nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
