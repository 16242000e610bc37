package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kept.dev/kit/errs"
	"kept.dev/kit/failpoint"
)

// sqliteFile has one connection that writes and several that read. One commit, and so one flush to the disk, serves
// a group of callers. A group is optimistic: only when somebody fails after having written, the transaction is rolled back
// and the group goes again with a savepoint around each caller, because savepoints copy every page that they touch.
//
// A caller's closure is run when the one before has ended, so nobody's statements are in between, whether or not they
// share the commit. Background work is not grouped: its transactions are long, and wait for no more than one group.
type sqliteFile struct {
	dsn     string
	cfg     Config
	readers *sqliteReaders
	health  health
	// writes and background are the callers who wait for their turn.
	writes, background *queue

	writer   *slots // held by the one who writes; it guards what follows
	conn     *sqliteConn
	names    constraintNames
	cautious int // for how many groups savepoints are taken from the start
}

// caution is for how many groups savepoints are taken after a failure: failures seldom come alone.
const caution = 8

func openSQLite(ctx context.Context, path string, cfg Config) (*sqliteFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := keepPrivate(path); err != nil {
		return nil, err
	}
	dsn := sqliteDSN(path)
	// Checkpoints write pages all over the file and the writer waits for them: rarer is better, up to a log of 16 MB.
	conn, err := openSQLiteConn(dsn + "&_pragma=cache_size(-16000)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return nil, err
	}
	f := &sqliteFile{
		dsn: dsn, cfg: cfg, conn: conn, readers: newSQLiteReaders(dsn+"&_pragma=cache_size(-2000)", cfg),
		writes: newQueue(cfg.Queue, cfg.Group), background: newQueue(cfg.Queue, 1),
		writer: newSlots(1, cfg.Queue), health: health{onFault: cfg.OnFault},
	}
	if err := f.ping(ctx); err != nil {
		f.readers.close()
		f.conn.close()
		return nil, err
	}
	f.writes.serve(1, f.writer, f.group)
	f.background.serve(1, f.writer, f.group)
	return f, nil
}

// keepPrivate makes the file, and what SQLite has beside it, readable by its owner alone, from before anything is in it. SQLite
// gives the files that it adds the same mode.
func keepPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err == nil {
			err = os.Chmod(name, 0o600)
		}
		if err != nil {
			return fmt.Errorf("others can read the database, and that can't be changed: %w", err)
		}
	}
	return nil
}

func (f *sqliteFile) dialect() string { return "sqlite" }

// ping tells whether the file can be read, and written as far as is known. While writes fail it tries one.
func (f *sqliteFile) ping(ctx context.Context) error {
	if err := f.readers.ping(ctx); err != nil {
		f.health.note(err)
		return sqliteUnavailable("read", err)
	}
	if err := f.health.refusal(); err != nil {
		return err
	}
	if f.health.fails() {
		return f.probe(ctx)
	}
	return nil
}

func (f *sqliteFile) close() {
	f.writes.close()
	f.background.close()
	f.readers.close()
	f.conn.close()
}

func (f *sqliteFile) update(ctx context.Context, use use, work string, fn func(*Tx) error) error {
	if use == background {
		return f.background.do(newCall(ctx, work, fn))
	}
	return f.writes.do(newCall(ctx, work, fn))
}

func (f *sqliteFile) share(ctx context.Context, work string, fn func(*Tx) error) error {
	return f.writes.do(newCall(ctx, work, fn))
}

func (f *sqliteFile) read(ctx context.Context, use use, stmts []*Stmt) ([]*Rows, error) {
	out := make([]*Rows, len(stmts))
	err := f.readers.use(ctx, use, func(ctx context.Context, c *sqliteConn) (err error) {
		for i, s := range stmts {
			if out[i], err = c.run(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	f.health.note(err)
	return out, err
}

func (f *sqliteFile) migrator() (*sql.DB, []goose.ProviderOption, error) {
	pool, err := sql.Open("sqlite", f.dsn)
	return pool, nil, err
}

func (f *sqliteFile) checkSchema(ctx context.Context) error {
	return f.readers.use(ctx, foreground, func(_ context.Context, c *sqliteConn) error {
		var names constraintNames
		return names.learn(c)
	})
}

// group runs the calls one after the other and commits once. Only then does anybody hear of success.
func (f *sqliteFile) group(calls []*call) {
	careful := f.cautious > 0
	f.cautious = max(0, f.cautious-1)
	results, err := f.attempt(calls, careful)
	if errors.Is(err, errBroken) {
		f.cautious = caution
		calls = living(calls)
		results, err = f.attempt(calls, true)
	}
	for i, c := range calls {
		if err != nil {
			results[i] = err
		}
		c.result <- results[i]
	}
	if err == nil {
		f.cfg.OnGroup(len(calls))
	}
}

// errBroken says that somebody failed after having written, and that there was no savepoint.
var errBroken = errors.New("a caller broke the group")

// attempt runs the calls in one transaction. Its error is everybody's, and nothing is in the database then.
func (f *sqliteFile) attempt(calls []*call, careful bool) (results []error, err error) {
	results = make([]error, len(calls))
	if err := f.health.refusal(); err != nil {
		return results, err
	}
	if err := f.conn.exec("begin immediate"); err != nil {
		return results, sqliteUnavailable("begin", err)
	}
	for i, c := range calls {
		if careful {
			results[i], err = f.savepoint(c)
		} else {
			results[i], err = f.bare(c)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = f.commit(calls)
	}
	if err != nil {
		f.health.note(err)
		_ = f.conn.exec("rollback") // SQLite may have done so itself
		return results, err
	}
	f.health.written()
	return results, nil
}

func (f *sqliteFile) commit(calls []*call) error {
	for _, c := range calls {
		failpoint.Hit("commit.before", c.work)
	}
	if err := f.conn.exec("commit"); err != nil {
		return sqliteUnavailable("commit", err)
	}
	for _, c := range calls {
		failpoint.Hit("commit.after", c.work)
	}
	return nil
}

// bare runs a call without a savepoint. The second error is everybody's.
func (f *sqliteFile) bare(c *call) (result, fatal error) {
	p := f.part()
	result = p.turnOf(c)
	switch {
	case p.fatal != nil:
		return nil, p.fatal
	case result != nil && p.changed:
		return nil, errBroken
	}
	return result, nil
}

func (f *sqliteFile) savepoint(c *call) (result, fatal error) {
	if err := f.conn.exec("savepoint caller"); err != nil {
		return nil, sqliteUnavailable("savepoint", err)
	}
	p := f.part()
	result = p.turnOf(c)
	if p.fatal != nil {
		return nil, p.fatal
	}
	if result != nil && p.changed {
		if err := f.conn.exec("rollback to caller"); err != nil {
			return nil, sqliteUnavailable("rollback to savepoint", err)
		}
	}
	if err := f.conn.exec("release caller"); err != nil {
		return nil, sqliteUnavailable("release savepoint", err)
	}
	return result, nil
}

// part is one caller's part of the transaction.
type part struct {
	file    *sqliteFile
	changed bool  // a statement that changes rows has succeeded
	fatal   error // the transaction can't go on
}

func (f *sqliteFile) part() *part { return &part{file: f} }

// turnOf lets the caller run its closure and runs what it left pending.
func (p *part) turnOf(c *call) error {
	tx := &Tx{trip: p.run}
	done := make(chan error, 1)
	c.turns <- &turn{tx: tx, done: func(err error) { done <- err }}
	if err := <-done; err != nil {
		return err
	}
	_, err := p.run(tx.take())
	return err
}

func (p *part) run(stmts []*Stmt) ([]*Rows, error) {
	out := make([]*Rows, len(stmts))
	for i, s := range stmts {
		rows, err := p.file.conn.run(context.Background(), s)
		if err != nil {
			if fatalSQLite(err) {
				p.fatal = sqliteUnavailable("statement", err)
				return nil, p.fatal
			}
			return nil, s.explain(p.file.names.name(p.file.conn, err))
		}
		p.changed = p.changed || !s.readOnly()
		out[i] = rows
	}
	return out, nil
}

// fatalSQLite errors are not the statement's: the disk is full or fails, memory is short, another process has the
// file. SQLite may have rolled the transaction back by itself, so nobody's rows can be trusted to be in it.
func fatalSQLite(err error) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_ABORT:
		return true
	}
	return false
}

func sqliteUnavailable(doing string, err error) error {
	return errs.Unavailable("DATABASE_UNAVAILABLE", "the database can't be written").Because(fmt.Errorf("%s: %w", doing, err))
}
