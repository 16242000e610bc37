package app

import (
	"context"
	"errors"
	"time"

	"kept.dev/kit/audit"
	"kept.dev/kit/change"
	"kept.dev/kit/id"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

// Published events are kept for as long as the bus may have to be filled again, and what was taken in for twice as long, so
// that none of them can have effect a second time. All of it goes by wall time.
const (
	keepOutbox = outbox.Window
	keepInbox  = 2 * outbox.Window
	tidyEvery  = time.Hour
)

// A day's rows go in many small transactions with pauses between them, so that those who write meanwhile don't notice.
const (
	tidyAtOnce = 1000
	tidyPause  = 20 * time.Millisecond
)

// tidy deletes what is past its time, a bounded number of rows at a time.
func (h *Host) tidy(ctx context.Context) error {
	for {
		if err := tidyOnce(ctx, h.DB, time.Now()); err != nil && ctx.Err() == nil {
			h.runtime.Log.WarnContext(ctx, "old rows could not be deleted", "service", h.Service.Name, "error", err)
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

// past is a table's rows that are past their time. oldest reads how many of the oldest ones make a batch, and the last of their
// keys; remove deletes from one key to another. Each batch begins where the last one ended: rows that have been deleted
// stay in the indexes until a vacuum, and a batch that began at the first of them would pass over more and more.
type past[Key string | int64] struct{ oldest, remove string }

var (
	pastOutbox = past[string]{
		`select count(*), coalesce(max(id), '') from (
			select id from outbox where id >= $1 and id < $2 and not pending order by id limit $3) as oldest`,
		`delete from outbox where id >= $1 and id <= $2 and not pending`,
	}
	pastPublications = past[int64]{
		`select count(*), coalesce(max(number), 0) from (
			select number from publication where number >= $1 and number < $2 order by number limit $3) as oldest`,
		`delete from publication where number >= $1 and number <= $2`,
	}
	pastInbox = past[string]{
		`select count(*), coalesce(max(id), '') from (
			select id from inbox where id >= $1 and id < $2 order by id limit $3) as oldest`,
		`delete from inbox where id >= $1 and id <= $2`,
	}
	pastAudit = past[string]{
		`select count(*), coalesce(max(id), '') from (
			select id from audit where id >= $1 and id < $2 order by id limit $3) as oldest`,
		`delete from audit where id >= $1 and id <= $2`,
	}
	pastIdempotency = past[int64]{
		`select count(*), coalesce(max(created), 0) from (
			select created from idempotency where created >= $1 and created < $2 order by created limit $3) as oldest`,
		`delete from idempotency where created >= $1 and created <= $2`,
	}
)

func tidyOnce(ctx context.Context, db *sqldb.DB, now time.Time) error {
	err := pastOutbox.deleteAll(ctx, db, "", id.Floor(now.Add(-keepOutbox)))
	if err != nil {
		return err
	}
	if err = pastAudit.deleteAll(ctx, db, "", id.Floor(now.Add(-audit.Kept))); err != nil {
		return err
	}
	if err = pastPublications.deleteAll(ctx, db, 0, now.Add(-keepOutbox).UnixMicro()); err != nil {
		return err
	}
	if err = pastIdempotency.deleteAll(ctx, db, 0, now.Add(-change.Kept).UnixMicro()); err != nil {
		return err
	}
	if kept, err := inboxKept(ctx, db); err != nil || kept.After(now) {
		return err
	}
	return pastInbox.deleteAll(ctx, db, "", id.Floor(now.Add(-keepInbox)))
}

// deleteAll deletes the rows from one key to another, batch by batch.
func (p past[Key]) deleteAll(ctx context.Context, db *sqldb.DB, from, to Key) error {
	for deleted := tidyAtOnce; deleted >= tidyAtOnce; {
		var last Key
		err := db.Background().Update(ctx, "tidy", func(tx *sqldb.Tx) error {
			rows, err := tx.Query(p.oldest, from, to, tidyAtOnce)
			if err != nil {
				return err
			}
			_, err = sqldb.One(rows, func(r *sqldb.Rows) (struct{}, error) { return struct{}{}, r.Scan(&deleted, &last) })
			if err == nil && deleted > 0 {
				tx.Exec(p.remove, from, last)
			}
			return err
		})
		if err != nil || !wait(ctx, tidyPause) {
			return err
		}
		from = last
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
	return db.Background().Update(ctx, "tidy.keep", func(tx *sqldb.Tx) error {
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
