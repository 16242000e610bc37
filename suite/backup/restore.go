package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"kept.dev/kit/sqldb"
)

// Restore puts a backup of the embedded suite into a folder that has no data yet. Every file is compared with what was
// written, and every database looked through, before anything has its name.
func Restore(ctx context.Context, from, dir string) (Manifest, error) {
	m, err := Read(from)
	if err != nil {
		return m, err
	}
	if m.Shape != embeddedShape {
		return m, fmt.Errorf("%s is a backup of the %s suite: name the databases to restore it to", from, m.Shape)
	}
	data := filepath.Join(from, dataFolder)
	if err := place(dir, func(room string) error {
		if _, err := copyTree(data, room, func(string) bool { return false }); err != nil {
			return err
		}
		return soundDatabases(ctx, room)
	}); err != nil {
		return m, fmt.Errorf("restore to %s: %w", dir, err)
	}
	return m, nil
}

// place fills a new folder, or one that is there and has nothing in it, such as a fresh volume.
func place(dir string, fill func(room string) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return inRoom(dir, fill)
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() != "lost+found" && !strings.HasPrefix(e.Name(), ".") }) {
		return errors.New("the folder has something in it already; a backup is restored to a new or an empty one")
	}
	full := filepath.Join(dir, ".restored")
	if err := inRoom(full, fill); err != nil {
		return err
	}
	return moveUp(full, dir)
}

// moveUp moves all that is in a folder to the one above.
func moveUp(from, to string) error {
	entries, err := os.ReadDir(from)
	for _, e := range entries {
		err = errors.Join(err, os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())))
	}
	return errors.Join(err, os.Remove(from), syncFolder(to))
}

// soundDatabases has SQLite look through every database.
func soundDatabases(ctx context.Context, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := sound(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	return nil
}

func sound(ctx context.Context, file string) error {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + file})
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Query(ctx, "pragma quick_check(3)")
	if err != nil {
		return err
	}
	found, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	if err == nil && !slices.Equal(found, []string{"ok"}) {
		err = fmt.Errorf("the database is damaged: %v", found)
	}
	return err
}

// RestoreDumps puts a backup of the distributed suite into empty databases, by service, and has everything published again. It
// needs pg_restore. Redis must hold nothing of before: its streams would tell of what the databases have forgotten.
func RestoreDumps(ctx context.Context, from string, databases map[string]string) (Manifest, error) {
	m, err := Read(from)
	if err != nil {
		return m, err
	}
	if m.Shape != distributedShape {
		return m, fmt.Errorf("%s is a backup of the %s suite: name the data folder to restore it to", from, m.Shape)
	}
	if len(m.Files) != len(databases) {
		return m, fmt.Errorf("the backup has %d databases, and %d are named", len(m.Files), len(databases))
	}
	for service, address := range databases {
		if err := empty(ctx, address); err != nil {
			return m, fmt.Errorf("%s: %w", service, err)
		}
	}
	for service, address := range databases {
		dump := filepath.Join(from, dataFolder, service+".dump")
		err := program(ctx, "pg_restore", address, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", dump)
		if err != nil {
			return m, fmt.Errorf("%s: %w", service, err)
		}
		if err := letGo(ctx, address); err != nil {
			return m, fmt.Errorf("%s: take leases back: %w", service, err)
		}
	}
	return m, Republish(ctx, databases)
}

// letGo takes back what processes had leased at the moment of the backup: they are not there any more, and the first that starts
// would wait for them.
func letGo(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return execAll(ctx, conn, `update lease set until = 0 where until > 0`, `update timer set leased = 0 where leased > 0`)
}

// empty refuses a database that has tables.
func empty(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var tables int
	err = conn.QueryRow(ctx, "select count(*) from pg_tables where schemaname = 'public'").Scan(&tables)
	if err == nil && tables > 0 {
		err = errors.New("the database has tables already; a backup is restored to empty ones")
	}
	return err
}
