// Package sqldb is one small door to both databases: PostgreSQL through pgx and SQLite in the process.
//
// A write is a closure over a Tx, given to Update. On PostgreSQL it is a transaction of its own, whose statements travel with
// its begin and its commit in one round trip as far as the closure asks nothing in between. On SQLite, where only one can
// write, callers that come at the same moment share one commit. SQL is written once, in the common subset, with $1
// parameters; invariants are named constraints, and a refusal is a ConstraintError.
package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

// DB is an open database.
type DB struct {
	*handle
	use use
}

// handle is what all views of a database have in common.
type handle struct {
	engine         engine
	writing, other gate // who writes, and who reads
	listeners      listeners
	end            sync.Once
}

// use is what a connection is used for. Each use has connections of its own, so that none can starve another.
type use int

const (
	foreground use = iota // somebody waits for it
	background            // event handlers, timers, the relay, tidying
	longReads             // proofs, exports
)

// engine is what the two databases do differently.
type engine interface {
	read(ctx context.Context, use use, stmts []*Stmt) ([]*Rows, error)
	// update runs the closure in a transaction that nobody can disturb.
	update(ctx context.Context, use use, work string, fn func(*Tx) error) error
	// share runs the closure in a transaction that others share.
	share(ctx context.Context, work string, fn func(*Tx) error) error
	dialect() string
	// migrator is a connection for goose, and how it should be used.
	migrator() (*sql.DB, []goose.ProviderOption, error)
	// checkSchema refuses a schema whose constraints could not be told apart.
	checkSchema(ctx context.Context) error
	ping(ctx context.Context) error
	// close disconnects. Nobody uses the engine any more.
	close()
}

// Open connects. Close it when done.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	e, err := openEngine(ctx, cfg.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{handle: &handle{engine: e}}, nil
}

func openEngine(ctx context.Context, cfg Config) (engine, error) {
	if path, ok := strings.CutPrefix(cfg.URL, "sqlite:"); ok {
		return openSQLite(ctx, path, cfg)
	}
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		return openPostgres(ctx, cfg)
	}
	return nil, fmt.Errorf("a database is %q or %q", "postgres://…", "sqlite:path")
}

// Background is the same database for work that nobody waits for: event handlers, timers, the relay, tidying. Its
// transactions and reads have connections of their own, so neither side can hold up the other.
//
//	db.Background().Update(ctx, "timers", func(tx *sqldb.Tx) error { … })
func (db *DB) Background() *DB { return &DB{handle: db.handle, use: background} }

// LongReads is the same database for reads that may take minutes: proofs, exports. They have few connections of their own, and
// a limit of their own. It only reads.
//
//	rows, err := db.LongReads().Query(ctx, prove, program)
func (db *DB) LongReads() *DB { return &DB{handle: db.handle, use: longReads} }

// Update runs the closure in a transaction and returns when it is durable. Nobody else's statements are in between: what the
// closure has locked, or read under a lock, stays as it is until the commit.
//
// The closure may run more than once (after a conflict, or where a failure of another broke a commit that both shared), so
// it must change nothing but the database, and must not call over the network. work names the caller in failpoints.
// A statement that failed fails the whole closure, even where the closure goes on and returns no error.
//
// Errors: the closure's own; a *ConstraintError or what Refuse made of it; the context's, when the caller gave up before its
// turn (once it has begun, its result counts); RESOURCE_EXHAUSTED when too many wait; DEADLINE_EXCEEDED, of which TimedOut
// tells, when a statement or the transaction took too long; UNAVAILABLE when the connection broke, or, of which Locked tells, when
// others hold the rows. Only when the connection broke during the commit, the outcome is unknown. After every other
// error nothing of the closure is in the database.
func (db *DB) Update(ctx context.Context, work string, fn func(tx *Tx) error) error {
	return db.write(ctx, work, func(ctx context.Context) error {
		return db.engine.update(ctx, db.use, work, db.prepared(fn, false))
	})
}

// UpdateShared runs the closure in a transaction that other callers' closures share, so that one commit serves them all. It is
// for short writes of which very many come at once, and pays only where a benchmark shows it.
//
// Members are not isolated from each other: what one reads, another may have changed or be about to change. So the
// closure decides nothing by what it has read, except by what its own writes return, and it asks once: a second Query or Batch
// is an error. Otherwise it is as Update.
func (db *DB) UpdateShared(ctx context.Context, work string, fn func(tx *Tx) error) error {
	return db.write(ctx, work, func(ctx context.Context) error { return db.engine.share(ctx, work, db.prepared(fn, true)) })
}

func (db *DB) write(ctx context.Context, work string, do func(ctx context.Context) error) error {
	if err := db.writing.enter(); err != nil {
		return err
	}
	defer db.writing.leave()
	return db.traced(ctx, "db.update "+work, do)
}

// prepared is the closure with a Tx that knows what it may do and whom to tell of its commit.
func (db *DB) prepared(fn func(*Tx) error, once bool) func(*Tx) error {
	return func(tx *Tx) error {
		tx.once, tx.tell = once, db.listeners.tell
		return fn(tx)
	}
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
//
// Errors: the context's; RESOURCE_EXHAUSTED when too many wait; DEADLINE_EXCEEDED, of which TimedOut tells, when a query took
// too long; UNAVAILABLE when the database can't be reached.
func (db *DB) Batch(ctx context.Context, queries ...*Stmt) (out []*Rows, err error) {
	if err := db.other.enter(); err != nil {
		return nil, err
	}
	defer db.other.leave()
	err = db.traced(ctx, "db.read", func(ctx context.Context) error {
		out, err = db.engine.read(ctx, db.use, queries)
		return err
	})
	return out, err
}

// Ping tells whether the database answers. It has a connection of its own, so that the busiest database answers, too.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.other.enter(); err != nil {
		return err
	}
	defer db.other.leave()
	return db.engine.ping(ctx)
}

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

// Close lets those who write finish and disconnects, for every view of the database. Who comes later gets UNAVAILABLE.
func (db *DB) Close() {
	db.end.Do(func() {
		db.writing.close()
		db.other.close() // later, as who writes may read meanwhile
		db.engine.close()
	})
}
