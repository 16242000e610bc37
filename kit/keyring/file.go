package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// File is where a ring is kept. Several processes may share it. Reading it writes nothing, so that it may be on a mount that
// can't be written to.
type File string

// document is what the file holds: a JWK set.
type document struct {
	Keys Ring `json:"keys"`
}

// Read returns the keys. The file is replaced whole, so a reader never sees half of it.
func (f File) Read() (Ring, error) {
	raw, err := os.ReadFile(string(f))
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return f.parse(raw)
}

func (f File) parse(raw []byte) (Ring, error) {
	var doc document
	if json.Unmarshal(raw, &doc) != nil { // whose error would quote the file
		return nil, fmt.Errorf("read keys: %s is not a JWK set", f)
	}
	return doc.Keys, nil
}

// Open returns the keys; where there is no file, it makes one with what first returns.
func (f File) Open(first func() (Ring, error)) (Ring, error) {
	ring, err := f.Read()
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	return f.Change(func(ring Ring) (Ring, error) {
		if ring != nil {
			return ring, nil // another process was first
		}
		return first()
	})
}

// Change replaces the keys (nil where there was no file), under a lock, because several processes share the file.
func (f File) Change(how func(Ring) (Ring, error)) (Ring, error) {
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return nil, fmt.Errorf("change keys: %w", err)
	}
	unlock, err := f.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	ring, err := f.Read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if ring, err = how(ring); err != nil {
		return nil, err
	}
	return ring, f.write(ring)
}

func (f File) lock() (unlock func(), err error) {
	lock, err := os.OpenFile(string(f)+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock keys: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock keys: %w", err), lock.Close())
	}
	return func() { _ = lock.Close() }, nil // closing lets go of the lock
}

func (f File) write(ring Ring) error {
	raw, err := json.Marshal(document{ring})
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	next := string(f) + ".new"
	file, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Chmod(0o600), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return os.Rename(next, string(f))
}
