package inbox

import (
	"context"
	"fmt"
	"time"

	"kept.dev/kit/sqldb"
)

// forgottenAfter is how long a handler that no replica has is waited for. Its registration stays a day longer, so that
// whatever was left to it by a replica that had not heard of its end is found.
const (
	forgottenAfter = 7 * 24 * time.Hour
	deletedAfter   = forgottenAfter + 24*time.Hour
)

// forgetAtOnce is how many waiting events are parked or let go in one transaction.
const forgetAtOnce = 1000

const (
	selectForgotten = `select name, type from event_handler group by name, type having max(seen) < $1`
	deleteForgotten = `delete from event_handler where seen < $1`
	selectRetired   = `select distinct name, type from event_handler where name in `
	deleteRetired   = `delete from event_handler where seen < $1 and name in `
)

// Forget parks what waits for handlers that no replica has had for long, as somebody has to decide, and lets go what waits for
// those that are declared to be retired.
func (b *Inbox) Forget(ctx context.Context) error {
	if err := b.letGo(ctx); err != nil {
		return err
	}
	now := time.Now()
	forgotten, err := b.registrations(ctx, selectForgotten, now.Add(-forgottenAfter).UnixMicro())
	if err != nil {
		return err
	}
	for _, r := range forgotten {
		if b.registry.retired[r.name] {
			continue
		}
		reason := fmt.Sprintf("no replica has had the event handler %s of %s for seven days", r.name, r.typ)
		err := b.inBatches(ctx, func(tx *sqldb.Tx) (int, error) {
			return retryOf(r.name, r.typ).Park(tx, b.cfg.Clock.Now(), reason, forgetAtOnce)
		})
		if err != nil {
			return err
		}
	}
	return b.delete(ctx, sqldb.Q(deleteForgotten, now.Add(-deletedAfter).UnixMicro()))
}

// letGo deletes what waits for retired handlers. While there are replicas of an older version, they register them again and may
// leave more; so does this.
func (b *Inbox) letGo(ctx context.Context) error {
	if len(b.retired) == 0 {
		return nil
	}
	names, args := sqldb.List(1, b.retired)
	retired, err := b.registrations(ctx, selectRetired+names, args...)
	if err != nil {
		return err
	}
	for _, r := range retired {
		err := b.inBatches(ctx, func(tx *sqldb.Tx) (int, error) { return retryOf(r.name, r.typ).Delete(tx, forgetAtOnce) })
		if err != nil {
			return err
		}
	}
	names, args = sqldb.List(2, b.retired)
	return b.delete(ctx, sqldb.Q(deleteRetired+names, append([]any{time.Now().Add(-2 * renewEvery).UnixMicro()}, args...)...))
}

// inBatches clears what waits for a handler, some events at a time.
func (b *Inbox) inBatches(ctx context.Context, clear func(*sqldb.Tx) (int, error)) error {
	for n := forgetAtOnce; n == forgetAtOnce; {
		err := b.db.Update(ctx, "handlers.forget", func(tx *sqldb.Tx) (err error) {
			n, err = clear(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Inbox) delete(ctx context.Context, registrations *sqldb.Stmt) error {
	return b.db.Update(ctx, "handlers.forgotten", func(tx *sqldb.Tx) error {
		_, err := tx.Batch(registrations)
		return err
	})
}

func (b *Inbox) registrations(ctx context.Context, query string, args ...any) ([]registration, error) {
	rows, err := b.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return sqldb.All(rows, func(rows *sqldb.Rows) (r registration, err error) { return r, rows.Scan(&r.name, &r.typ) })
}
