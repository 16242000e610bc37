package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// mark is the file that tells a demo's folder from any other, which is never removed.
const mark = "made-by-the-demo"

// emptyFolder makes a folder for the demo's data, in place of what an earlier demo has left there.
func emptyFolder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the demo's data folder: %w", err)
	}
	if len(entries) > 0 {
		if err := removeOld(path); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(path, mark), []byte("The next demo removes this folder.\n"), 0o600)
}

// removeOld removes an earlier demo's folder, unless it is no demo's, or that demo still runs.
func removeOld(path string) error {
	if _, err := os.Stat(filepath.Join(path, mark)); err != nil {
		return fmt.Errorf("there is something in %s that is not a demo's; choose another folder with --data", path)
	}
	lock, err := os.Open(filepath.Join(path, "lock"))
	if err == nil {
		defer lock.Close()
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			return fmt.Errorf("another demo runs on %s; stop it, or choose another folder with --data", path)
		}
	}
	return os.RemoveAll(path)
}
