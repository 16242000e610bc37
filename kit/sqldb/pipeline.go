package sqldb

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline sends the statements in one round trip. At an error it tells which statement failed: the first, when
// nothing could be sent at all.
func pipeline(ctx context.Context, conn *pgx.Conn, stmts []*Stmt) (out []*Rows, failed int, err error) {
	batch := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(stmts))}
	for _, s := range stmts {
		batch.Queue(s.sql, s.args...)
	}
	results := conn.SendBatch(ctx, batch)
	defer func() {
		if end := results.Close(); err == nil && end != nil {
			err, failed = end, len(stmts)-1
		}
		switch {
		case err == nil:
		case conn.IsClosed():
			err = fmt.Errorf("%w: %w", errLost, err)
		case ctx.Err() != nil: // the time was over, and the server is there
			err = fmt.Errorf("%w: %w", errTookTooLong, err)
		}
	}()
	out = make([]*Rows, len(stmts))
	for i := range stmts {
		rows, err := results.Query()
		if err == nil {
			out[i], err = collect(rows)
		}
		if err != nil {
			return nil, i, err
		}
	}
	return out, -1, nil
}

func collect(rows pgx.Rows) (*Rows, error) {
	defer rows.Close()
	out := &Rows{}
	for rows.Next() {
		vals, err := rows.Values()
		if err != nil {
			return nil, err
		}
		out.vals = append(out.vals, vals)
	}
	return out, rows.Err()
}

// commitFailure is the error of a pipeline that ended with the commit, as statement number commit: unknown, where it may have
// happened.
func commitFailure(err error, failed, commit int) error {
	if connectionLost(err) && !neverCommitted(err, failed, commit) {
		return fmt.Errorf("%w: %w", errUnknownOutcome, err)
	}
	return err
}

// neverCommitted tells whether a commit that travelled on a connection which broke certainly did not happen: nothing
// was sent, or the server itself broke off at an earlier statement.
func neverCommitted(err error, failed, commit int) bool {
	var pg *pgconn.PgError
	return pgconn.SafeToRetry(err) || failed < commit && errors.As(err, &pg)
}
