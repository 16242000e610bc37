package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kept.dev/kit/app"
	"kept.dev/kit/sqldb"
)

// Write copies the embedded suite's data folder, whose databases are open, to a new folder. The databases are as of one moment; the
// rest is copied after that, because nothing there may be older than what a database says of it: the keys that links in
// messages were signed with, the mails that are said to have been sent, the sandbox's clock.
func Write(ctx context.Context, dir string, databases map[string]*sqldb.DB, out string) (m Manifest, err error) {
	if err := free(dir, out); err != nil {
		return m, err
	}
	err = inRoom(out, func(room string) error {
		m, err = fill(ctx, dir, databases, room)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("backup to %s: %w", out, err)
	}
	return m, nil
}

// free refuses a folder that is there already, and one within the data, which would be copied into itself if its name did not begin
// with a dot.
func free(dir, out string) error {
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s is there already; a backup makes a new folder", out)
	}
	relative, err := filepath.Rel(dir, out)
	if err == nil && filepath.IsLocal(relative) && !strings.HasPrefix(relative, ".") {
		return fmt.Errorf("%s is within %s; a backup belongs elsewhere, best on another disk", out, dir)
	}
	return nil
}

func fill(ctx context.Context, dir string, databases map[string]*sqldb.DB, room string) (Manifest, error) {
	m := Manifest{Shape: embeddedShape, Version: app.Version()}
	data := filepath.Join(room, dataFolder)
	if err := os.Mkdir(data, 0o700); err != nil {
		return m, err
	}
	paths, taken, err := copyDatabases(ctx, databases, data)
	if err != nil {
		return m, err
	}
	m.Taken = taken
	rest, err := copyTree(dir, data, func(path string) bool { return leftOut(path, databases) })
	if err != nil {
		return m, err
	}
	for _, path := range append(paths, rest...) {
		file, err := describe(data, path)
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, file)
	}
	return m, m.write(room)
}

// leftOut are the databases, which are copied otherwise, and what belongs to the process and not to the data.
func leftOut(path string, databases map[string]*sqldb.DB) bool {
	service, _, database := strings.Cut(path, ".db")
	if database && databases[service] != nil {
		return true
	}
	return path == "lock" || strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, ".log")
}

// copyDatabases copies all databases as of one moment, each to the file that it has in a data folder.
func copyDatabases(ctx context.Context, databases map[string]*sqldb.DB, to string) (paths []string, taken time.Time, err error) {
	names := slices.Sorted(maps.Keys(databases))
	open := make([]*sqldb.DB, len(names))
	for i, name := range names {
		open[i] = databases[name]
	}
	snapshots, err := sqldb.Snapshots(ctx, open...)
	if err != nil {
		return nil, taken, err
	}
	taken = time.Now().UTC()
	for i, s := range snapshots {
		path := names[i] + ".db"
		err = errors.Join(err, s.CopyTo(ctx, filepath.Join(to, path)))
		s.Close()
		paths = append(paths, path)
	}
	return paths, taken, err
}
