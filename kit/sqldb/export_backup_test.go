package sqldb

import "context"

// Count is how many rows of the table the snapshot has.
func (s *Snapshot) Count(ctx context.Context, table string) (n int64, err error) {
	rows, err := s.conn.run(ctx, Q("select count(*) from "+table))
	if err != nil {
		return 0, err
	}
	return One(rows, func(r *Rows) (n int64, err error) { return n, r.Scan(&n) })
}

// Held tells whether somebody writes, or keeps others from it.
func (db *DB) Held() bool { return len(db.engine.(*sqliteFile).writer.free) == 0 }
