package sqldb_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/sqldb"
)

// Absolute figures drift from hour to hour, so every figure comes with its ratio to a yardstick of the same run.
// The yardstick of every speed figure: one transaction that inserts a row of about 200 bytes, counts in one
// of 100,000 rows and inserts an outbox row, from Go, statement by statement, each with a commit of its own: with 32
// callers on PostgreSQL, with one on SQLite, where only one can write.
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
	insert into stock select i, 1000000000, 0 from generate_series(1, 100000) i;
	create table timer (kind text not null, k text not null, due bigint not null, payload bytea not null, primary key (kind, k));
	create index timer_due on timer (due);`

// bench is a database with the yardstick's schema, and what the yardstick was on it just now.
type bench struct {
	db        *sqldb.DB
	yardstick float64
	seq       atomic.Int64
}

func BenchmarkPostgres(b *testing.B) {
	url := newURL(b, "postgres")
	pool, err := sql.Open("pgx", url)
	require.NoError(b, err)
	defer pool.Close()
	_, err = pool.Exec(yardstickSchema)
	require.NoError(b, err)
	_, err = pool.Exec("vacuum analyze")
	require.NoError(b, err)
	suite(b, url, pool, 32)
}

func BenchmarkSQLite(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.db")
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate")
	require.NoError(b, err)
	defer pool.Close()
	const numbers = "(with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select i from n)"
	_, err = pool.Exec("begin;" + strings.ReplaceAll(yardstickSchema, "generate_series(1, 100000) i", numbers) + ";commit")
	require.NoError(b, err)
	suite(b, "sqlite:"+path, pool, 1)
}

func suite(b *testing.B, url string, pool *sql.DB, yardstickCallers int) {
	k := &bench{db: open(b, sqldb.Config{URL: url})}
	order := func(ctx context.Context) error { return k.order(ctx, 100000) }
	hot := func(ctx context.Context) error { return k.order(ctx, 3) }
	for _, load := range []struct {
		name    string
		callers int
		work    func(context.Context) error
	}{
		{"transaction", 1, k.transaction}, {"transaction", 32, k.transaction}, {"transaction", 128, k.transaction},
		{"order", 1, order}, {"order", 32, order}, {"order", 128, order}, {"hot-order", 32, hot}, {"read", 32, k.read},
	} {
		k.measure(b, pool, yardstickCallers)
		b.Run(fmt.Sprintf("%s/callers=%d", load.name, load.callers), func(b *testing.B) { k.load(b, load.callers, load.work) })
	}
}

func (k *bench) read(ctx context.Context) error {
	_, err := k.db.Query(ctx, "select id, amount from price where id = $1", k.seq.Add(1)*7919%100000+1)
	return err
}

// measure takes the yardstick, anew before every figure.
func (k *bench) measure(b *testing.B, pool *sql.DB, callers int) {
	pool.SetMaxIdleConns(callers)
	run := func(d time.Duration) float64 {
		var done atomic.Int64
		var all sync.WaitGroup
		start := time.Now()
		for range callers {
			all.Go(func() {
				for time.Since(start) < d {
					if err := k.plain(b.Context(), pool); err != nil {
						b.Error(err)
						return
					}
					done.Add(1)
				}
			})
		}
		all.Wait()
		return float64(done.Load()) / time.Since(start).Seconds()
	}
	run(100 * time.Millisecond) // warm up
	k.yardstick = run(500 * time.Millisecond)
	b.Logf("yardstick: %.0f tx/s", k.yardstick)
}

const (
	insertBig = "insert into big values ($1, $2)"
	count     = "update counter set n = n + 1 where id = $1"
	insertBox = "insert into box values ($1, true, $2)"
)

var body = strings.Repeat("0123456789", 20)

func (k *bench) plain(ctx context.Context, pool *sql.DB) error {
	n := k.seq.Add(1)
	id := "y" + strconv.FormatInt(n, 10)
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range []*struct {
		text string
		args []any
	}{{insertBig, []any{id, body}}, {count, []any{n*7919%100000 + 1}}, {insertBox, []any{id, []byte(body)}}} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (k *bench) transaction(ctx context.Context) error {
	n := k.seq.Add(1)
	id := "t" + strconv.FormatInt(n, 10)
	return k.db.Update(ctx, "transaction", func(tx *sqldb.Tx) error {
		tx.Exec(insertBig, id, body)
		tx.Exec(count, n*7919%100000+1)
		tx.Exec(insertBox, id, []byte(body))
		return nil
	})
}

// order is what CreateOrder does: read three prices; key row, order, three lines, three holds, two events.
func (k *bench) order(ctx context.Context, products int64) error {
	n := k.seq.Add(1)
	id := "o" + strconv.FormatInt(n, 10)
	item := func(i int64) int64 { return (n*7919+i*31)%products + 1 }
	if _, err := k.db.Query(ctx, "select id, amount from price where id in ($1, $2, $3)", item(0), item(1), item(2)); err != nil {
		return err
	}
	return k.db.Update(ctx, "order", func(tx *sqldb.Tx) error {
		tx.Exec("insert into idem values ($1, $2, $3, $4)", id, []byte(id), []byte(body), int64(5))
		tx.Exec("insert into orders values ($1, $2, $3, $4, $5, $6)", id, "customer"+id, int64(1), int64(100), n, body)
		for i := range int64(3) {
			tx.Exec("insert into line values ($1, $2, $3, $4, $5)", id, i, item(i), int64(1), int64(5))
			tx.Exec("update stock set held = held + $2 where id = $1", item(i), int64(1)).Hot(strconv.FormatInt(item(i), 10))
		}
		tx.Exec(insertBox, id+"a", []byte(body))
		tx.Exec(insertBox, id+"b", []byte(body))
		return nil
	})
}

// load runs the work with so many callers and reports the rate and its ratio to the yardstick.
func (k *bench) load(b *testing.B, callers int, work func(context.Context) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := work(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "tx/s")
	b.ReportMetric(rate/k.yardstick, "ratio")
}
