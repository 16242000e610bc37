package sqldb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// Snapshot is what was in an SQLite database at one moment. Until it is closed, the database keeps that beside what is
// written since, in its log: copy it and let go.
type Snapshot struct{ conn *sqliteConn }

// Snapshots looks at several SQLite databases at the same moment: while it does, nobody commits to any of them. So none of
// them holds what followed from something that another one lacks. Writers wait for as long as the longest
// transaction under way takes, and not for the copying.
func Snapshots(ctx context.Context, dbs ...*DB) (out []*Snapshot, err error) {
	defer func() {
		if err != nil {
			closeAll(out)
			out = nil
		}
	}()
	files, err := sqliteFiles(dbs)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		conn, err := openSQLiteConn(f.readers.dsn)
		if err != nil {
			return out, fmt.Errorf("snapshot: %w", err)
		}
		out = append(out, &Snapshot{conn: conn})
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	defer holdAll(files)()
	for _, s := range out {
		if err := s.begin(); err != nil {
			return out, fmt.Errorf("snapshot: %w", err)
		}
	}
	return out, nil
}

func sqliteFiles(dbs []*DB) ([]*sqliteFile, error) {
	files := make([]*sqliteFile, len(dbs))
	for i, db := range dbs {
		f, ok := db.engine.(*sqliteFile)
		if !ok {
			return nil, errors.New("snapshot: only SQLite databases are copied from within; PostgreSQL has pg_dump")
		}
		files[i] = f
	}
	return files, nil
}

// holdAll takes every file's turn to write, in an order that all who do so share.
func holdAll(files []*sqliteFile) (release func()) {
	sorted := slices.Compact(slices.SortedFunc(slices.Values(files), func(a, b *sqliteFile) int { return strings.Compare(a.dsn, b.dsn) }))
	for _, f := range sorted {
		f.writer.wait()
	}
	return func() {
		for _, f := range sorted {
			f.writer.give()
		}
	}
}

// begin starts reading: it is the first read, and not "begin", that fixes what a transaction sees.
func (s *Snapshot) begin() error {
	if err := s.conn.exec("begin"); err != nil {
		return err
	}
	_, err := s.conn.run(context.Background(), Q("select count(*) from sqlite_schema"))
	return err
}

// pagesAtOnce is how much is copied before looking whether anybody still wants it: 4 MB.
const pagesAtOnce = 1024

// CopyTo writes the snapshot to a new file, which is a whole database by itself when it returns.
func (s *Snapshot) CopyTo(ctx context.Context, path string) (err error) {
	source := s.conn.conn.(interface {
		NewBackup(uri string) (*sqlite.Backup, error)
	})
	b, err := source.NewBackup("file:" + (&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return fmt.Errorf("copy to %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if more, err = b.Step(pagesAtOnce); err != nil {
			return fmt.Errorf("copy to %s: %w", path, err)
		}
	}
	return nil
}

// Close lets the database forget the snapshot.
func (s *Snapshot) Close() { s.conn.close() }

func closeAll(snapshots []*Snapshot) {
	for _, s := range snapshots {
		s.Close()
	}
}
