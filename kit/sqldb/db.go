// Package sqldb is one small door to both databases: PostgreSQL through pgx and SQLite in the process.
//
// A write is a closure over a Tx, given to Update. Callers that come at the same moment share one
// transaction and one commit (group commit), and on PostgreSQL one round trip too. SQL is written once, in
// the common subset, with $1 parameters; invariants are named constraints, and a refusal is a ConstraintError.
package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
)

// Config says which database to open and how much may go on at once.
type Config struct {
	// URL is "postgres://…" or "sqlite:" and a file's path.
	URL string
	// Writers is the number of groups in flight at once, and of transactions beside them that nobody shares
	// (PostgreSQL; default 2). SQLite has one writer.
	Writers int
	// Readers is the number of connections for reads (default 8).
	Readers int
	// Queue is how many callers may wait for their turn to write (default 4096); more are refused.
	Queue int
	// Group is how many callers share one transaction at most (default 64).
	Group int
	// Patience bounds each group's and each read's work on PostgreSQL (default 20 s): a connection may swallow everything and
	// never break. A caller's own deadline bounds a read, too; of a group it is looked at before its turn only, as cancelling a
	// statement half-way would roll back everybody in the group.
	Patience time.Duration
	// OnGroup, when set, is told each committed group's size.
	OnGroup func(size int)
}

func (c Config) withDefaults() Config {
	c.Writers = orDefault(c.Writers, 2)
	c.Readers = orDefault(c.Readers, 8)
	c.Queue = orDefault(c.Queue, 4096)
	c.Group = orDefault(c.Group, 64)
	c.Patience = cmp.Or(c.Patience, 20*time.Second)
	if c.OnGroup == nil {
		c.OnGroup = func(int) {}
	}
	return c
}

func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}

// DB is an open database.
type DB struct {
	engine engine
	shared *queue // of those who share a transaction
	alone  *queue // of those who want one for themselves, or have to go alone because they broke their group
	end    sync.Once

	listeners *listeners
}

// engine is what the two databases do differently.
type engine interface {
	read(ctx context.Context, stmts []*Stmt) ([]*Rows, error)
	// group runs the calls in one transaction. Those who cannot share it are handed to apart, which has them run alone.
	group(calls []*call, apart func(*call))
	// single runs one call in a transaction of its own.
	single(c *call)
	dialect() string
	// migrator is a connection for goose, and how it should be used.
	migrator() (*sql.DB, []goose.ProviderOption, error)
	// checkSchema refuses a schema whose constraints could not be told apart.
	checkSchema(ctx context.Context) error
	ping(ctx context.Context) error
	close()
}

// Open connects and starts the writers. Close it when done.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	e, writers, err := openEngine(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	single := cfg
	single.Group = 1
	db := &DB{engine: e, shared: newQueue(cfg), alone: newQueue(single), listeners: &listeners{}}
	db.shared.serve(writers, func(calls []*call) { e.group(calls, db.alone.push) })
	db.alone.serve(writers, func(calls []*call) { e.single(calls[0]) })
	return db, nil
}

func openEngine(ctx context.Context, cfg Config) (engine, int, error) {
	if path, ok := strings.CutPrefix(cfg.URL, "sqlite:"); ok {
		e, err := openSQLite(ctx, path, cfg)
		return e, 1, err
	}
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		e, err := openPostgres(ctx, cfg)
		return e, cfg.Writers, err
	}
	return nil, 0, fmt.Errorf("a database is %q or %q", "postgres://…", "sqlite:path")
}

// Update runs the closure in a transaction, together with other callers' closures, and returns when it is durable.
// The closure may run more than once (after a conflict, or when another caller broke the group), so it must
// change nothing but the database, and must not call over the network. work names the caller in failpoints.
// A statement that failed fails the whole closure, even where the closure goes on and returns no error.
//
// Errors: the closure's own; a *ConstraintError or what Refuse made of it; the context's, when the caller gave up
// before its turn (once a group has taken it, its result counts); RESOURCE_EXHAUSTED when too many wait; UNAVAILABLE
// when the connection broke. Only then, and only when it broke during the commit, the outcome is unknown. After every
// other error nothing of the closure is in the database.
func (db *DB) Update(ctx context.Context, work string, fn func(tx *Tx) error) error {
	return db.traced(ctx, "db.update "+work, func(ctx context.Context) error { return db.shared.do(db.newCall(ctx, work, fn)) })
}

// UpdateShared runs the closure in a transaction that other callers' closures share, so that one commit serves them all. It is
// for short writes of which very many come at once, and pays only where a benchmark shows it.
//
// Members are not isolated from each other: what one reads, another may have changed or be about to change. So the
// closure decides nothing by what it has read, except by what its own writes return, and it asks once: a second Query or Batch
// is an error. Otherwise it is as Update.
func (db *DB) UpdateShared(ctx context.Context, work string, fn func(tx *Tx) error) error {
	return db.traced(ctx, "db.update "+work, func(ctx context.Context) error { return db.shared.do(db.newCall(ctx, work, fn)) })
}

// Background is the same database for work that nobody waits for: event handlers, timers, the relay, tidying. Its
// transactions and reads have connections of their own, so neither side can hold up the other. Close it once, by either.
//
//	db.Background().Update(ctx, "timers", func(tx *sqldb.Tx) error { … })
func (db *DB) Background() *DB {
	return &DB{engine: db.engine, shared: db.alone, alone: db.alone, listeners: db.listeners}
}

// UpdateAlone is Background().Update; it goes when its last caller is gone.
func (db *DB) UpdateAlone(ctx context.Context, work string, fn func(tx *Tx) error) error {
	return db.traced(ctx, "db.update "+work, func(ctx context.Context) error { return db.alone.do(db.newCall(ctx, work, fn)) })
}

// Query reads outside any transaction.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	rows, err := db.Batch(ctx, Q(sql, args...))
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// Batch reads with several queries in one round trip.
func (db *DB) Batch(ctx context.Context, queries ...*Stmt) (out []*Rows, err error) {
	err = db.traced(ctx, "db.read", func(ctx context.Context) error {
		out, err = db.engine.read(ctx, queries)
		return err
	})
	return out, err
}

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.engine.ping(ctx) }

// SkipLocked is the clause by which several replicas share a table's rows without waiting for each other:
// it ends the select that claims rows. SQLite has one writer and needs none.
func (db *DB) SkipLocked() string {
	if db.engine.dialect() == "sqlite" {
		return ""
	}
	return " for update skip locked"
}

// Dialect is "postgres" or "sqlite", for reports. Nothing else may depend on it.
func (db *DB) Dialect() string { return db.engine.dialect() }

// Close lets the callers in the queue finish and disconnects. Who comes later gets UNAVAILABLE.
func (db *DB) Close() {
	db.end.Do(func() {
		db.shared.close() // its leaders hand calls to the other queue, which therefore closes second
		db.alone.close()
		db.engine.close()
	})
}
