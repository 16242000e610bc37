package timer

import (
	"context"
	"time"

	"kept.dev/kit/sqldb"
)

// Failed is a timer that has failed at least once: a dead letter.
type Failed struct {
	Kind, Key, Type, Error string
	Attempts               int32
	Parked                 bool
	Since                  time.Time
	Payload                []byte
}

const listFailed = `
	select kind, key, type, error, attempts, parked, failed, payload from timer
	where attempts > 0 and (failed, kind, key) > ($1, $2, $3)
	order by failed, kind, key limit $4`

// ListFailed lists dead letters, the oldest first, after the given one.
func ListFailed(ctx context.Context, db *sqldb.DB, after Failed, limit int) ([]Failed, error) {
	since := int64(0)
	if !after.Since.IsZero() {
		since = after.Since.UnixMicro()
	}
	rows, err := db.Query(ctx, listFailed, since, after.Kind, after.Key, limit)
	if err != nil {
		return nil, err
	}
	return sqldb.All(rows, scanFailed)
}

const getFailed = `
	select kind, key, type, error, attempts, parked, failed, payload from timer
	where kind = $1 and key = $2 and attempts > 0`

// GetFailed returns a dead letter. sqldb.ErrNoRow when there is none.
func GetFailed(ctx context.Context, db *sqldb.DB, kind, key string) (Failed, error) {
	rows, err := db.Query(ctx, getFailed, kind, key)
	if err != nil {
		return Failed{}, err
	}
	return sqldb.One(rows, scanFailed)
}

const replay = `
	update timer set attempts = 0, parked = false, due = $3, error = '', leased = 0, fence = fence + 1
	where kind = $1 and key = $2 and attempts > 0
	returning kind, key, type, error, attempts, parked, failed, payload`

// Replay makes a dead letter due at once, as if it had never failed. sqldb.ErrNoRow when there is none.
func Replay(tx *sqldb.Tx, kind, key string, now time.Time) (Failed, error) {
	rows, err := tx.Query(replay, kind, key, now.UnixMicro())
	if err != nil {
		return Failed{}, err
	}
	return sqldb.One(rows, scanFailed)
}

// Drop gives a dead letter up. sqldb.ErrNoRow when there is none.
func Drop(tx *sqldb.Tx, kind, key string) error {
	rows, err := tx.Query(`delete from timer where kind = $1 and key = $2 and attempts > 0 returning key`, kind, key)
	if err == nil && rows.Len() == 0 {
		err = sqldb.ErrNoRow
	}
	return err
}

func scanFailed(r *sqldb.Rows) (Failed, error) {
	var f Failed
	var since int64
	err := r.Scan(&f.Kind, &f.Key, &f.Type, &f.Error, &f.Attempts, &f.Parked, &since, &f.Payload)
	f.Since = time.UnixMicro(since).UTC()
	return f, err
}
