// Package timer makes things happen later: a row is written in the transaction that makes it necessary, and a
// worker carries it out when its time has come.
//
// A local timer's effects and its end are one transaction, so it has effect exactly once. An outside timer calls
// somebody over the network: it takes a lease with a fencing number, holds no lock meanwhile, and its result
// counts only if nobody has taken the lease, set the timer anew or cancelled it since. Where there are very many of a kind, they
// are called many at a time (HandleMany), and each is still one by itself. What fails is tried again later
// and later, and parked at last: a row with failed attempts is the dead letter that operators see.
package timer

import (
	"strings"
	"time"
	"unicode/utf8"

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
	fence       int64
	leased      time.Time // until when an outside call may take
}

// Kind is a kind of timer, for setting and cancelling. A worker carries out only the kinds that it has a handler for: during
// an upgrade, a kind that is new waits for a replica that knows it.
type Kind struct {
	Name    string
	outside bool
}

// Local is a kind whose handler only writes to the service's own database.
func Local(name string) Kind { return Kind{Name: name} }

// Outside is a kind whose handler calls over the network.
func Outside(name string) Kind { return Kind{Name: name, outside: true} }

// topic is how a worker hears of timers of the kind that were set in its process.
func topic(kind string) string { return "timer " + kind }

// Cancel takes the timer back, if it is there. What an outside call that is under way brings back no longer counts.
func (k Kind) Cancel(tx *sqldb.Tx, key string) {
	tx.Exec(`delete from timer where kind = $1 and key = $2`, k.Name, key)
}

const setOnce = `
	insert into timer (kind, key, due, payload, traceparent, attempts, failed, error, type, fence)
	values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9)
	on conflict (kind, key) do nothing`

// SetFailed sets a timer for something that has failed once already and is tried again, unless it is there.
func (k Kind) SetFailed(tx *sqldb.Tx, key, typ, traceparent string, now time.Time, cause error, payload []byte) {
	due := now.Add(backoff(1))
	tx.Exec(setOnce, k.Name, key, due.UnixMicro(), payload, storable(traceparent),
		now.UnixMicro(), message(cause), storable(typ), time.Now().UnixMicro())
	tx.Notify(topic(k.Name), due)
}

// backoff is how long to wait after the given number of failures: 1 s, 2 s, 4 s … an hour.
func backoff(attempts int) time.Duration {
	return min(time.Hour, time.Second<<min(attempts-1, 12))
}

// parkAfter is how many failures park a timer: about three hours of trying.
const parkAfter = 15

// message is what an operator sees of an error, bounded.
func message(err error) string {
	text := err.Error()
	if len(text) > 500 {
		cut := 500
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return storable(text)
}

// storable is the text as PostgreSQL takes it: valid UTF-8 without NUL. Were it refused, the failure could never be
// noted and would come again at once.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
