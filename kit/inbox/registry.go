package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"kept.dev/kit/sqldb"
)

// The table event_handler says which handlers the replicas of this service have, of whatever version they are, for which types
// and in which consumer. A replica that reads an event for which another has a handler leaves it to a timer of that handler.
//
// What is read from the table may be believed for a moment. Whatever passes a replica in that moment comes again: when all have
// heard of a new handler, the last hour of its types' events is published again, and the inbox drops what was had. This
// also covers events that were published before anybody had the handler.

// republished is how much of the past a new handler is given.
const republished = time.Hour

// renewEvery is how often a replica says which handlers it has.
const renewEvery = time.Hour

type registration struct{ name, typ, consumer string }

// registry remembers for a moment what is in the table.
type registry struct {
	retired map[string]bool // names of handlers that are gone, whoever still registers them

	mu    sync.Mutex
	known []registration
	at    time.Time
}

const selectHandlers = `select name, type, consumer from event_handler where seen >= $1 order by name, type, consumer`

func (r *registry) read(ctx context.Context, db *sqldb.DB, believed time.Duration) ([]registration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if begun := time.Now(); begun.Sub(r.at) > believed {
		rows, err := db.Query(ctx, selectHandlers, begun.Add(-forgottenAfter).UnixMicro())
		if err != nil {
			return nil, err
		}
		known, err := sqldb.All(rows, scanRegistration)
		if err != nil {
			return nil, err
		}
		r.known = slices.DeleteFunc(known, func(k registration) bool { return r.retired[k.name] })
		r.at = begun
	}
	return r.known, nil
}

func scanRegistration(rows *sqldb.Rows) (r registration, err error) {
	return r, rows.Scan(&r.name, &r.typ, &r.consumer)
}

// movedFrom tells whether a handler that this replica has in another consumer is, or was, in one of those that are read: what is
// left there is for it.
func movedFrom(known []registration, name, typ string, reads func(consumer string) bool) bool {
	return slices.ContainsFunc(known, func(r registration) bool { return r.name == name && r.typ == typ && reads(r.consumer) })
}

const (
	insertHandlers = `insert into event_handler (name, type, consumer, seen, republished) values`
	keepHandlers   = `on conflict (name, type, consumer) do update set seen = excluded.seen`
)

// Register notes which handlers this replica has. It must have succeeded before events are read.
func (b *Inbox) Register(ctx context.Context) error {
	var rows [][]any
	for _, h := range b.handlers {
		for _, typ := range h.Types {
			rows = append(rows, []any{h.Name, typ, b.consumerName(h.consumer), time.Now().UnixMicro(), false})
		}
	}
	slices.SortFunc(rows, func(x, y []any) int { // other replicas do the same
		return cmp.Or(strings.Compare(x[0].(string), y[0].(string)), strings.Compare(x[1].(string), y[1].(string)))
	})
	return b.db.Update(ctx, "handlers.register", func(tx *sqldb.Tx) error {
		tx.ExecValues(insertHandlers, rows, keepHandlers)
		return nil
	})
}

// Consumers are those that the bus has events for: this replica's, and those of other versions that may have left some.
func (b *Inbox) Consumers(ctx context.Context) ([]string, error) {
	known, err := b.registry.read(ctx, b.db, 0)
	if err != nil {
		return nil, err
	}
	names := b.Named()
	for _, r := range known {
		names = append(names, r.consumer)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Named are the consumers of this replica's handlers; the service's own is always there.
func (b *Inbox) Named() []string {
	names := []string{b.cfg.Service}
	for _, h := range b.handlers {
		names = append(names, b.consumerName(h.consumer))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Republish has all sources publish events of the given types again, from the given time on.
type Republish func(ctx context.Context, types []string, since time.Time) error

// Run sees to the handlers' registration until the context ends: it has the last hour of new handlers' events published again, as
// soon as every replica knows of them, says now and then that they are still there, and forgets those that nobody has.
func (b *Inbox) Run(ctx context.Context, republish Republish) error {
	for pause := 2 * b.cfg.Believed; ; pause = renewEvery {
		if !wait(ctx, pause) {
			return nil
		}
		err := b.Welcome(ctx, republish)
		for ; err != nil && ctx.Err() == nil; err = b.Welcome(ctx, republish) {
			b.cfg.Log.WarnContext(ctx, "new event handlers do not have the last hour's events yet", "error", err)
			if !wait(ctx, time.Second) {
				return nil
			}
		}
		if err := errors.Join(b.Register(ctx), b.Forget(ctx)); err != nil && ctx.Err() == nil {
			b.cfg.Log.WarnContext(ctx, "event handlers could not be noted or forgotten", "error", err)
		}
	}
}

// A handler that has been known in whatever consumer has had its types' events.
const (
	selectNew = `
		select distinct name, type from event_handler as h where not republished and not exists (
			select 1 from event_handler as o where o.name = h.name and o.type = h.type and o.republished)`
	setRepublished = `update event_handler set republished = true where (name, type) in (values`
)

// Welcome has events of new handlers' types published again. A handler is new until the wish for its events is sure to be
// granted: should this process die before, the next one wishes again.
func (b *Inbox) Welcome(ctx context.Context, republish Republish) error {
	rows, err := b.db.Query(ctx, selectNew)
	if err != nil || rows.Len() == 0 {
		return err
	}
	var fresh [][]any
	var types []string
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return err
		}
		fresh, types = append(fresh, []any{name, typ}), append(types, typ)
	}
	slices.Sort(types)
	if err := republish(ctx, slices.Compact(types), time.Now().Add(-republished)); err != nil {
		return err
	}
	return b.db.Update(ctx, "handlers.republished", func(tx *sqldb.Tx) error {
		tx.ExecValues(setRepublished, fresh, `)`)
		return nil
	})
}

func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
