package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
)

// BenchmarkTakeIn measures events taken in, a hundred a batch, each with one row as its effect, and their ratio to the
// yardstick of the same run.
func BenchmarkTakeIn(b *testing.B) {
	for _, dialect := range kittest.Dialects {
		b.Run(dialect, func(b *testing.B) {
			url := kittest.NewURL(b, dialect)
			db := kittest.Open(b, url, effects)
			yard := yardstick(b, db, url)
			consumer := newBench(db).consumer
			batches := make([][]event.Event, b.N)
			for i := range batches {
				for range bus.Batch {
					batches[i] = append(batches[i], newEvent(b, "a word"))
				}
			}
			b.ResetTimer()
			for _, batch := range batches {
				require.NoError(b, consumer.Handle(context.Background(), batch))
			}
			rate := float64(b.N*bus.Batch) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "events/s")
			b.ReportMetric(yard, "yardstick/s")
			b.ReportMetric(rate/yard, "ratio")
		})
	}
}

// yardstick is the rate of one transaction that inserts a row of 200 bytes, counts in one of 100,000 rows and inserts an
// outbox row, by 32 callers: statement by statement on PostgreSQL, by group commit on SQLite.
func yardstick(b *testing.B, db *sqldb.DB, url string) float64 {
	kittest.Exec(b, db, `create table big (id text primary key, body text not null)`)
	kittest.Exec(b, db, `create table counter (id bigint primary key, n bigint not null)`)
	kittest.Exec(b, db, `insert into counter with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select i, 0 from n`)
	kittest.Exec(b, db, `create table box (id text primary key, pending boolean not null, body text not null)`)
	var pool *pgxpool.Pool
	if strings.HasPrefix(url, "postgres") {
		var err error
		pool, err = pgxpool.New(context.Background(), url+"?pool_max_conns=32")
		require.NoError(b, err)
		defer pool.Close()
	}
	const span = time.Second
	var done atomic.Int64
	var callers sync.WaitGroup
	until := time.Now().Add(span)
	for caller := range 32 {
		callers.Go(func() {
			for n := caller * 3000; time.Now().Before(until); n++ {
				require.NoError(b, transact(b.Context(), db, pool, n*7919%100000+1))
				done.Add(1)
			}
		})
	}
	callers.Wait()
	return float64(done.Load()) / span.Seconds()
}

var body = fmt.Sprintf("%200d", 1)

const (
	insertBig = `insert into big values ($1, $2)`
	countUp   = `update counter set n = n + 1 where id = $1`
	insertBox = `insert into box values ($1, true, $2)`
)

func transact(ctx context.Context, db *sqldb.DB, pool *pgxpool.Pool, row int) error {
	key := id.New()
	if pool == nil {
		return db.Update(ctx, "yardstick", func(tx *sqldb.Tx) error {
			tx.Exec(insertBig, key, body)
			tx.Exec(countUp, row)
			tx.Exec(insertBox, key, body)
			return nil
		})
	}
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	for _, s := range []struct {
		text string
		args []any
	}{{insertBig, []any{key, body}}, {countUp, []any{row}}, {insertBox, []any{key, body}}} {
		if _, err := tx.Exec(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
