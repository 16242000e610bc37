package sqldb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/localpg"
	"kept.dev/kit/sqldb"
)

// The yardstick of every speed figure: one transaction that inserts a row of about 200 bytes, counts in one
// of 100,000 rows and inserts an outbox row, from Go, statement by statement, with 32 callers.
const yardstickSchema = `
	create table big (id text primary key, body text not null);
	create table counter (id bigint primary key, n bigint not null constraint n_positive check (n >= 0));
	create table box (id text primary key, pending boolean not null, body bytea not null);
	insert into counter select i, 0 from generate_series(1, 100000) i;
	create table idem (k text primary key, hash bytea not null, response bytea not null, expires bigint not null);
	create table orders (id text primary key, customer text not null, state bigint not null, total bigint not null, placed bigint not null, body text not null);
	create index orders_customer on orders (customer, id);
	create table line (order_id text not null, n bigint not null, product bigint not null, quantity bigint not null, price bigint not null, primary key (order_id, n));
	create table price (id bigint primary key, amount bigint not null);
	insert into price select i, i from generate_series(1, 100000) i;
	create table stock (id bigint primary key, on_hand bigint not null, held bigint not null, constraint held_within check (held between 0 and on_hand));
	insert into stock select i, 1000000, 0 from generate_series(1, 100000) i;
	create table timer (kind text not null, k text not null, due bigint not null, payload bytea not null, primary key (kind, k));
	create index timer_due on timer (due);`

var seq atomic.Int64

func BenchmarkPostgres(b *testing.B) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "bench")
	require.NoError(b, err)
	defer os.RemoveAll(dir)
	pg, err := localpg.Start(ctx, dir)
	require.NoError(b, err)
	defer pg.Stop(false)
	url, err := pg.Create(ctx, "bench")
	require.NoError(b, err)
	pool, err := pgxpool.New(ctx, url+"?pool_max_conns=32")
	require.NoError(b, err)
	defer pool.Close()
	_, err = pool.Exec(ctx, yardstickSchema)
	require.NoError(b, err)
	_, err = pool.Exec(ctx, "vacuum analyze")
	require.NoError(b, err)

	b.Run("yardstick", func(b *testing.B) { yardstick(b, pool) })
	for _, writers := range []int{1, 2, 3, 4, 6} {
		db, err := sqldb.Open(ctx, sqldb.Config{URL: url, Writers: writers})
		require.NoError(b, err)
		for _, callers := range []int{1, 32, 128} {
			b.Run(fmt.Sprintf("order/writers%d/callers%d", writers, callers), func(b *testing.B) { order(b, db, callers, 100000) })
		}
		b.Run(fmt.Sprintf("hot/writers%d/callers32", writers), func(b *testing.B) { order(b, db, 32, 3) })
		db.Close()
	}
	b.Run("yardstick-again", func(b *testing.B) { yardstick(b, pool) })
}

func yardstick(b *testing.B, pool *pgxpool.Pool) {
	body := fmt.Sprintf("%200d", 1)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		ctx := context.Background()
		for pb.Next() {
			n := seq.Add(1)
			tx, err := pool.Begin(ctx)
			require.NoError(b, err)
			_, err = tx.Exec(ctx, "insert into big values ($1, $2)", "y"+strconv.FormatInt(n, 10), body)
			require.NoError(b, err)
			_, err = tx.Exec(ctx, "update counter set n = n + 1 where id = $1", n*7919%100000+1)
			require.NoError(b, err)
			_, err = tx.Exec(ctx, "insert into box values ($1, true, $2)", "y"+strconv.FormatInt(n, 10), []byte(body))
			require.NoError(b, err)
			require.NoError(b, tx.Commit(ctx))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

// order is what CreateOrder does: read three prices; key row, order, three lines, three holds, timer, two events.
func order(b *testing.B, db *sqldb.DB, callers, products int) {
	b.SetParallelism((callers + 1) / 2)
	body := fmt.Sprintf("%300d", 1)
	b.RunParallel(func(pb *testing.PB) {
		ctx := context.Background()
		for pb.Next() {
			n := seq.Add(1)
			id := "o" + strconv.FormatInt(n, 10)
			item := func(i int64) int64 { return (n*7919+i*31)%int64(products) + 1 }
			_, err := db.Query(ctx, "select id, amount from price where id in ($1, $2, $3)", item(0), item(1), item(2))
			require.NoError(b, err)
			err = db.Update(ctx, "order", func(tx *sqldb.Tx) error {
				tx.Exec("insert into idem values ($1, $2, $3, $4)", id, []byte(id), []byte(body), int64(5))
				tx.Exec("insert into orders values ($1, $2, $3, $4, $5, $6)", id, "customer"+id, int64(1), int64(100), n, body)
				for i := range int64(3) {
					tx.Exec("insert into line values ($1, $2, $3, $4, $5)", id, i, item(i), int64(1), int64(5))
					tx.Exec("update stock set held = held + $2 where id = $1", item(i), int64(1)).Hot(strconv.FormatInt(item(i), 10))
				}
				tx.Exec("insert into box values ($1, true, $2)", id+"a", []byte(body))
				tx.Exec("insert into box values ($1, true, $2)", id+"b", []byte(body))
				return nil
			})
			require.NoError(b, err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func BenchmarkSQLite(b *testing.B) {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "bench.db")})
	require.NoError(b, err)
	defer db.Close()
	require.NoError(b, db.Update(ctx, "schema", func(tx *sqldb.Tx) error {
		for _, s := range splitSQLite(yardstickSchema) {
			tx.Exec(s)
		}
		return nil
	}))
	for _, callers := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("order/callers%d", callers), func(b *testing.B) { order(b, db, callers, 100000) })
	}
}

func splitSQLite(schema string) []string {
	const numbers = "(with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select i from n)"
	return strings.Split(strings.ReplaceAll(schema, "generate_series(1, 100000) i", numbers), ";\n")
}
