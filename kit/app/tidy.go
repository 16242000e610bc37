package app

import (
	"context"
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
	tidyAtOnce = 5000
)

// tidy deletes what is past its time, a bounded number of rows at a time.
func (u *Unit) tidy(ctx context.Context) error {
	for {
		if err := u.tidyOnce(ctx, time.Now()); err != nil && ctx.Err() == nil {
			u.around.Log.WarnContext(ctx, "old rows could not be deleted", "service", u.Service.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tidyEvery):
		}
	}
}

func (u *Unit) tidyOnce(ctx context.Context, now time.Time) error {
	for _, d := range []struct {
		text  string
		bound any
	}{
		{`delete from outbox where id in (select id from outbox where id < $1 and not pending order by id limit $2) returning id`,
			id.Floor(now.Add(-keepOutbox))},
		{`delete from inbox where id in (select id from inbox where id < $1 order by id limit $2) returning id`,
			id.Floor(now.Add(-keepInbox))},
		{`delete from idempotency where created in
			(select created from idempotency where created <= $1 order by created limit $2) returning key`,
			now.Add(-change.Kept).UnixMicro()},
	} {
		if err := u.deleteAll(ctx, d.text, d.bound); err != nil {
			return err
		}
	}
	return nil
}

func (u *Unit) deleteAll(ctx context.Context, text string, bound any) error {
	for deleted := tidyAtOnce; deleted >= tidyAtOnce && ctx.Err() == nil; {
		err := u.DB.UpdateAlone(ctx, "tidy", func(tx *sqldb.Tx) error {
			rows, err := tx.Query(text, bound, tidyAtOnce)
			if err == nil {
				deleted = rows.Len()
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
