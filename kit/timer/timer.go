// Package timer makes things happen later: a row is written in the transaction that makes it necessary, and a
// worker carries it out when its time has come.
//
// A local timer's effects and its end are one transaction, so it has effect exactly once. An outside timer calls
// somebody over the network: it takes a lease with a fencing number, holds no lock meanwhile, and its result
// counts only if nobody has taken the lease since. What fails is tried again later and later, and parked at last:
// a row with failed attempts is the dead letter that operators see.
package timer

import (
	"context"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
)

// Timer is something that is due.
type Timer struct {
	Kind    string // what has to be done, such as "promise.due"
	Key     string // to what; no dots
	Due     time.Time
	Payload []byte
	// Attempts is how often it has failed.
	Attempts int

	traceparent string
	outside     bool
	fence       int64
}

// Kind is a kind of timer, for setting and cancelling.
type Kind struct {
	Name    string
	outside bool
}

// Local is a kind whose handler only writes to the service's own database.
func Local(name string) Kind { return Kind{Name: name} }

// Outside is a kind whose handler calls over the network.
func Outside(name string) Kind { return Kind{Name: name, outside: true} }

const set = `
	insert into timer (kind, key, due, outside, payload, traceparent)
	values ($1, $2, $3, $4, $5, $6)
	on conflict (kind, key) do update set
		due = excluded.due, payload = excluded.payload, attempts = 0, parked = false, error = '', leased = 0`

// Set sets the timer, or sets it anew. It belongs to the trace of the context.
func (k Kind) Set(ctx context.Context, tx *sqldb.Tx, key string, due time.Time, payload []byte) {
	if payload == nil {
		payload = []byte{}
	}
	tx.Exec(set, k.Name, key, due.UnixMicro(), k.outside, payload, event.Traceparent(ctx))
}

// Cancel takes the timer back, if it is there.
func (k Kind) Cancel(tx *sqldb.Tx, key string) {
	tx.Exec(`delete from timer where kind = $1 and key = $2`, k.Name, key)
}

const setOnce = `
	insert into timer (kind, key, due, outside, payload, traceparent, attempts, failed, error, type)
	values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)
	on conflict (kind, key) do nothing`

// SetFailed sets a timer for something that has failed once already and is tried again, unless it is there.
func (k Kind) SetFailed(tx *sqldb.Tx, key, typ, traceparent string, now time.Time, cause error, payload []byte) {
	tx.Exec(setOnce, k.Name, key, now.Add(backoff(1)).UnixMicro(), k.outside, payload, traceparent,
		now.UnixMicro(), message(cause), typ)
}

// backoff is how long to wait after the given number of failures: 1 s, 2 s, 4 s … an hour.
func backoff(attempts int) time.Duration {
	return min(time.Hour, time.Second<<min(attempts-1, 12))
}

// parkAfter is how many failures park a timer: about four hours of trying.
const parkAfter = 15

// message is what an operator sees of an error, bounded.
func message(err error) string {
	text := err.Error()
	if len(text) > 500 {
		text = text[:500]
	}
	return text
}
