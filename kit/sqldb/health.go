package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kept.dev/kit/errs"
)

// health is what an SQLite file has shown of itself.
type health struct {
	onFault func(error)

	mu      sync.Mutex
	damaged error // it stays so: what is in the file can't be trusted any more
	failing error // of the last write, when the disk is full or fails, until a write succeeds
}

// note looks at the error of a read or a write. The first one of a sort is told.
func (h *health) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case hasCode(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
		h.damage(err)
	case hasCode(err, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
		if h.failing == nil {
			h.failing = sqliteUnavailable("write", err)
			h.onFault(h.failing)
		}
	}
}

// written says that a write has succeeded.
func (h *health) written() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failing = nil
}

// refusal is why nothing may be written.
func (h *health) refusal() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.damaged
}

func (h *health) fails() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failing != nil
}

func hasCode(err error, codes ...int) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	for _, code := range codes {
		if lite.Code()&0xff == code {
			return true
		}
	}
	return false
}

// probeBytes is more than what is left in the file and its log by chance.
const probeBytes = 100_000

// probe writes as much as some callers would and takes it back. It is asked for while writes fail, to see whether that is over.
func (f *sqliteFile) probe(ctx context.Context) error {
	if err := f.writer.take(ctx); err != nil {
		return err
	}
	defer f.writer.give()
	for _, text := range []string{
		"begin immediate", "create table kept_probe (body blob)", fmt.Sprintf("insert into kept_probe values (zeroblob(%d))", probeBytes),
		"drop table kept_probe", "commit",
	} {
		if err := f.conn.exec(text); err != nil {
			_ = f.conn.exec("rollback")
			f.health.note(err)
			return sqliteUnavailable("probe", err)
		}
	}
	f.health.written()
	return nil
}

// Verify has SQLite look through its file, and tells what is wrong with it. After that nothing is written any more. PostgreSQL looks
// after its files itself.
func (db *DB) Verify(ctx context.Context) error {
	f, ok := db.engine.(*sqliteFile)
	if !ok {
		return nil
	}
	rows, err := db.LongReads().Query(ctx, "pragma quick_check(1)")
	if err != nil {
		return err
	}
	found, err := One(rows, func(r *Rows) (text string, err error) { return text, r.Scan(&text) })
	if err == nil && found != "ok" {
		f.health.mu.Lock()
		defer f.health.mu.Unlock()
		f.health.damage(errors.New(found))
		return f.health.damaged
	}
	return err
}

// damage notes that the file is damaged. Its caller has the lock.
func (h *health) damage(found error) {
	if h.damaged == nil {
		h.damaged = errs.Unavailable("DATABASE_DAMAGED", "the database is damaged: restore a backup").Because(found)
		h.onFault(h.damaged)
	}
}
