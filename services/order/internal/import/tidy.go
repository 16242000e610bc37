package imports

import (
	"context"
	"time"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// tidy deletes the content of an import that is over, which tells of customers, and has forgotten which rows it met.
func (s *Service) tidy(ctx context.Context, tx *sqldb.Tx, id string, now time.Time) {
	abandoned.Cancel(tx, id)
	tx.Exec(`delete from import_content where import_id = $1`, id)
	sweep.Set(ctx, tx, id, now, nil)
}

// sweptAtOnce is how many rows are forgotten in one transaction.
const sweptAtOnce = 5000

// What goes is a range of the primary key, whatever the planner knows of the table.
const forget = `
	delete from import_seen where import_id = $1 and hash <= (
		select max(hash) from (select hash from import_seen where import_id = $1 order by hash limit $2) as lowest)
	returning hash`

// whenSwept forgets some of the rows that an import met, and comes again while there are more.
func (s *Service) whenSwept(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	rows, err := tx.Query(forget, t.Key, int64(sweptAtOnce))
	if err == nil && rows.Len() == sweptAtOnce {
		sweep.Set(ctx, tx, t.Key, s.clock.Now(), nil)
	}
	return err
}

const abandon = `update import_job set state = 5, ended = $2 where id = $1 and state = 1 returning id`

// whenAbandoned calls an import off that was never started.
func (s *Service) whenAbandoned(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	now := s.clock.Now()
	rows, err := tx.Query(abandon, t.Key, now.UnixMicro())
	if err == nil && rows.Len() > 0 {
		s.tidy(ctx, tx, t.Key, now)
	}
	return err
}
