package timer

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
)

// Setting says when a timer is due.
type Setting struct {
	kind, key   string
	due         time.Time
	payload     []byte
	traceparent string
	typ         string // what it is called should it fail
}

// At makes a setting for SetAll. The timer belongs to the trace of the context.
func (k Kind) At(ctx context.Context, key string, due time.Time, payload []byte) Setting {
	if payload == nil {
		payload = []byte{}
	}
	return Setting{kind: k.Name, key: key, due: due, payload: payload, traceparent: event.Traceparent(ctx)}
}

// Set sets the timer, or sets it anew. It belongs to the trace of the context.
func (k Kind) Set(ctx context.Context, tx *sqldb.Tx, key string, due time.Time, payload []byte) {
	SetAll(tx, k.At(ctx, key, due, payload))
}

// A timer that is set anew gets another fencing number: whoever works on the old setting must not end the new one. A
// first setting starts at the wall time, so that the number never comes back after the timer was cancelled and set again.
const (
	setHead = `insert into timer (kind, key, due, payload, traceparent, fence) values`
	setTail = `
		on conflict (kind, key) do update set
			due = excluded.due, payload = excluded.payload, traceparent = excluded.traceparent,
			attempts = 0, parked = false, error = '', leased = 0, fence = timer.fence + 1`
)

// SetAll sets timers of any kinds in one statement. Of several settings of the same timer the last one counts. When the
// transaction is durable, the workers in this process know of them without looking.
func SetAll(tx *sqldb.Tx, settings ...Setting) {
	settings = inOrder(settings)
	fence := time.Now().UnixMicro()
	rows := make([][]any, len(settings))
	for i, s := range settings {
		rows[i] = []any{s.kind, s.key, s.due.UnixMicro(), s.payload, s.traceparent, fence}
		tx.Notify(topic(s.kind), s.due)
	}
	tx.ExecValues(setHead, rows, setTail)
}

// inOrder sorts the settings, so that transactions which set the same timers wait for each other and don't deadlock, and
// leaves the last one of each timer.
func inOrder(settings []Setting) []Setting {
	sorted := slices.Clone(settings)
	slices.SortStableFunc(sorted, func(a, b Setting) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
	})
	last := sorted[:0]
	for i, s := range sorted {
		if i+1 == len(sorted) || s.kind != sorted[i+1].kind || s.key != sorted[i+1].key {
			last = append(last, s)
		}
	}
	return last
}

// CancelAll takes back timers of some kinds with many keys, those that are there.
func CancelAll(tx *sqldb.Tx, keys []string, kinds ...Kind) {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	slices.Sort(keys)
	keyList, args := sqldb.List(1, keys)
	kindList, more := sqldb.List(1+len(args), names)
	tx.Exec(`delete from timer where key in `+keyList+` and kind in `+kindList, append(args, more...)...)
}
