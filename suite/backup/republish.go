package backup

import (
	"context"
	"fmt"
	"time"

	"kept.dev/kit/app"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

// Republish has every service publish again all that it has said and not forgotten yet: the last seven days before now, or before the
// backup that its database comes from. Consumers know what they have had; to be sure of that, what they know is not tidied
// away for as long as such events may be on their way. The suite may run or not.
func Republish(ctx context.Context, databases map[string]string) error {
	for service, address := range databases {
		if err := republish(ctx, address); err != nil {
			return fmt.Errorf("%s: publish events again: %w", service, err)
		}
	}
	return nil
}

func republish(ctx context.Context, address string) error {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: address})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := app.KeepInbox(ctx, db, time.Now().Add(outbox.Window)); err != nil {
		return err
	}
	for last, more := "", true; more; {
		if last, more, err = putBack(ctx, db, last); err != nil {
			return err
		}
	}
	return nil
}

// A relay may publish what was put back while the rest still is.
const (
	putBackAtOnce = 5000
	putBackSome   = `
		update outbox set pending = true
		where id in (select id from outbox where not pending and id > $1 order by id limit $2) returning id`
)

func putBack(ctx context.Context, db *sqldb.DB, from string) (last string, more bool, err error) {
	err = db.Background().Update(ctx, "republish", func(tx *sqldb.Tx) error {
		rows, err := tx.Query(putBackSome, from, putBackAtOnce)
		if err != nil {
			return err
		}
		last, more = from, rows.Len() > 0
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			last = max(last, id)
		}
		return nil
	})
	return last, more, err
}
