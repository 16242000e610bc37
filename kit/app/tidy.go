package app

import (
	"context"
	"errors"
	"time"

	"kept.dev/kit/change"
	"kept.dev/kit/id"
	"kept.dev/kit/relay"
	"kept.dev/kit/sqldb"
)

// Published events are kept for as long as the bus may have to be filled again, and what was taken in for twice as long, so
// that none of them can have effect a second time. All of it goes by wall time.
const (
	keepOutbox = relay.Window
	keepInbox  = 2 * relay.Window
	tidyEvery  = time.Hour
)

// A day's rows go in many small transactions with pauses between them, so that those who write meanwhile don't notice.
const (
	tidyAtOnce = 1000
	tidyPause  = 20 * time.Millisecond
)

// tidy deletes what is past its time, a bounded number of rows at a time.
func (u *Unit) tidy(ctx context.Context) error {
	for {
		if err := tidyOnce(ctx, u.DB, time.Now()); err != nil && ctx.Err() == nil {
			u.around.Log.WarnContext(ctx, "old rows could not be deleted", "service", u.Service.Name, "error", err)
		}
		if !wait(ctx, tidyEvery) {
			return nil
		}
	}
}

// wait tells whether there is anything to go on for.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Each batch begins where the last one ended: rows that have been deleted stay in the indexes until a vacuum, and a batch that
// began at the first of them would pass over more and more.
const (
	tidyOutbox = `
		delete from outbox where id in (
			select id from outbox where id >= $1 and id < $2 and not pending order by id limit $3) returning id`
	tidyInbox = `
		delete from inbox where id in (
			select id from inbox where id >= $1 and id < $2 order by id limit $3) returning id`
	tidyIdempotency = `
		delete from idempotency where created in (
			select created from idempotency where created >= $1 and created < $2 order by created limit $3) returning created`
)

func tidyOnce(ctx context.Context, db *sqldb.DB, now time.Time) error {
	err := deleteAll(ctx, db, tidyOutbox, "", id.Floor(now.Add(-keepOutbox)))
	if err != nil {
		return err
	}
	if err = deleteAll(ctx, db, tidyIdempotency, int64(0), now.Add(-change.Kept).UnixMicro()); err != nil {
		return err
	}
	if kept, err := inboxKept(ctx, db); err != nil || kept.After(now) {
		return err
	}
	return deleteAll(ctx, db, tidyInbox, "", id.Floor(now.Add(-keepInbox)))
}

// deleteAll deletes rows from one key to another, batch by batch.
func deleteAll[Key string | int64](ctx context.Context, db *sqldb.DB, text string, from, to Key) error {
	for deleted := tidyAtOnce; deleted >= tidyAtOnce; {
		err := db.UpdateAlone(ctx, "tidy", func(tx *sqldb.Tx) error {
			rows, err := tx.Query(text, from, to, tidyAtOnce)
			if err != nil {
				return err
			}
			deleted = rows.Len()
			for rows.Next() {
				var key Key
				if err := rows.Scan(&key); err != nil {
					return err
				}
				from = max(from, key)
			}
			return nil
		})
		if err != nil || !wait(ctx, tidyPause) {
			return err
		}
	}
	return nil
}

// The lease named tidy says until when nothing is to be deleted from the inbox.
const (
	selectInboxKept = `select until from lease where name = 'tidy'`
	setInboxKept    = `
		insert into lease (name, holder, until) values ('tidy', '', $1)
		on conflict (name) do update set until = excluded.until where lease.until < excluded.until`
)

// KeepInbox has the service remember until then all events that it has taken in: somebody publishes older ones again.
func KeepInbox(ctx context.Context, db *sqldb.DB, until time.Time) error {
	return db.UpdateAlone(ctx, "tidy.keep", func(tx *sqldb.Tx) error {
		tx.Exec(setInboxKept, until.UnixMicro())
		return nil
	})
}

func inboxKept(ctx context.Context, db *sqldb.DB) (time.Time, error) {
	rows, err := db.Query(ctx, selectInboxKept)
	if err != nil {
		return time.Time{}, err
	}
	until, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return time.Time{}, nil
	}
	return time.UnixMicro(until), err
}
