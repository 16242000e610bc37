// Package outbox writes events in the transaction that makes them true. A relay publishes them afterwards: one replica at a time, by a
// lease. An event that is published twice, because that replica died between publishing and noting it, is known to its consumers.
//
// Nothing depends on the bus keeping anything. Each publication has a running number, which the bus keeps with the events: one
// that was restarted with its data has the last number, and nothing is published again; one that has lost some has an earlier
// number, and what came after it is published again; one that has lost all is given the last seven days.
package outbox

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
)

// Outbox writes a service's events.
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

// Record is an event to be written: a fact about a subject, which has the given version after it.
type Record struct {
	Subject string
	Version int64
	Fact    proto.Message
	// Traceparent is the trace that it belongs to; by default, the context's.
	Traceparent string
}

// Append writes, in the transaction, what became true of the subject, which has the given version after it.
func (o *Outbox) Append(ctx context.Context, tx *sqldb.Tx, subject string, version int64, facts ...proto.Message) error {
	records := make([]Record, len(facts))
	for i, fact := range facts {
		records[i] = Record{Subject: subject, Version: version, Fact: fact}
	}
	return o.AppendAll(ctx, tx, records)
}

const insert = `insert into outbox (id, type, subject, version, time, actor_role, actor, traceparent, data, pending) values`

// AppendAll writes, in the transaction, what became true of many subjects at once.
func (o *Outbox) AppendAll(ctx context.Context, tx *sqldb.Tx, records []Record) error {
	now, rows := o.clock.Now(), make([][]any, len(records))
	for i, r := range records {
		e, err := event.New(ctx, o.source, r.Subject, r.Version, now, r.Fact)
		if err != nil {
			return err
		}
		if r.Traceparent != "" {
			e.Traceparent = r.Traceparent
		}
		rows[i] = []any{e.ID, e.Type, e.Subject, e.Version, e.Time.UnixMicro(), int64(e.Actor.Role), e.Actor.Subject, e.Traceparent, e.Data, true}
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
