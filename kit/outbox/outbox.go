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

const insert = `
	insert into outbox (id, pending, type, subject, version, time, traceparent, data)
	values ($1, true, $2, $3, $4, $5, $6, $7)`

// Put says, in the transaction, what became true of the subject, which has the given version after it.
func (o *Outbox) Put(ctx context.Context, tx *sqldb.Tx, subject string, version int64, facts ...proto.Message) error {
	for _, fact := range facts {
		e, err := event.New(ctx, o.source, subject, version, o.clock.Now(), fact)
		if err != nil {
			return err
		}
		tx.Exec(insert, e.ID, e.Type, e.Subject, e.Version, e.Time.UnixMicro(), e.Traceparent, e.Data)
	}
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
