package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"kept.dev/kit/sqldb"
)

// Databases are the services' databases, by service.
func (s *Suite) Databases() map[string]*sqldb.DB {
	out := map[string]*sqldb.DB{}
	for name, host := range s.hosts {
		out[name] = host.DB
	}
	return out
}

// Lock makes the data folder this process's own until the file is closed, and refuses one that another process uses.
func Lock(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("the data folder %s is in use by another process", dir), lock.Close())
	}
	return lock, nil
}

// makePrivate makes the data folder, and keeps others from one that is there. A volume that belongs to somebody else stays as it is:
// the files in it are this process's own.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	err = os.Chmod(dir, 0o700)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// listed is the file that says which databases the data folder has.
const listed = "databases"

// checkDatabases refuses a folder from which a database is gone: the services would begin anew without it, beside others that
// remember what it held.
func checkDatabases(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, listed))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var missing []string
	for name := range strings.FieldsSeq(string(text)) {
		info, err := os.Stat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			missing = append(missing, name)
		} else if err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the data folder %s has lost %s, or it is empty: restore a backup, or start with a new folder",
			dir, strings.Join(missing, ", "))
	}
	return nil
}

// noteDatabases lists the databases that the folder has from now on.
func noteDatabases(dir string) error {
	names := slices.Sorted(maps.Keys(Services()))
	text := strings.Join(names, ".db\n") + ".db\n"
	file := filepath.Join(dir, listed)
	if known, err := os.ReadFile(file); err == nil && string(known) == text {
		return nil
	}
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
