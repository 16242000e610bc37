package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"kept.dev/kit/sqldb"
)

// Databases are the services' databases, by service.
func (s *Suite) Databases() map[string]*sqldb.DB {
	out := map[string]*sqldb.DB{}
	for name, unit := range s.units {
		out[name] = unit.DB
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
