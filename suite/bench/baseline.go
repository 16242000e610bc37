// Package bench measures the suite's speed and memory, each figure beside a limit of the same machine that was measured in
// the same run, because absolute figures drift from hour to hour.
package bench

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// baseline is one transaction that inserts a row of about 200 bytes, counts in one of 100,000 rows, and inserts an
// outbox row: from Go through pgx, statement by statement, with 32 callers, on a durable PostgreSQL.
type baseline struct {
	pool *pgxpool.Pool
	n    atomic.Int64
}

const baselineSchema = `
	create table big (id text primary key, body text not null);
	create table counter (id bigint primary key, n bigint not null);
	create table box (id text primary key, pending boolean not null, body bytea not null);
	insert into counter select i, 0 from generate_series(1, 100000) i;`

func newBaseline(ctx context.Context, url string) (*baseline, error) {
	pool, err := pgxpool.New(ctx, url+"?pool_max_conns=32")
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, baselineSchema); err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, "vacuum analyze")
	return &baseline{pool: pool}, err
}

// measure returns transactions a second.
func (y *baseline) measure(ctx context.Context, d time.Duration) (float64, error) {
	body := fmt.Sprintf("%200d", 1)
	r := closedLoop(ctx, 32, d, func(ctx context.Context, _ int) error { return y.transaction(ctx, body) })
	return r.Rate(), r.FirstFault
}

func (y *baseline) transaction(ctx context.Context, body string) error {
	n := y.n.Add(1)
	key := strconv.FormatInt(n, 10)
	tx, err := y.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, "insert into big values ($1, $2)", key, body); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "update counter set n = n + 1 where id = $1", n*7919%100000+1); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "insert into box values ($1, true, $2)", key, []byte(body)); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
