package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/go-jose/go-jose/v4"
)

const (
	keyFile = "keys.json"
	// oldKeys is how many replaced keys stay good for verification.
	oldKeys = 16
)

// folder keeps the suite's keys: a JWK set, the signing key first, behind it the public halves of those before.
type folder string

// read returns the keys. The file is replaced whole, so a reader never sees half of it.
func (f folder) read() (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	raw, err := os.ReadFile(f.file())
	if err != nil {
		return set, fmt.Errorf("read token keys: %w", err)
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return set, fmt.Errorf("read token keys: %s is not a JWK set", f.file())
	}
	return set, nil
}

// open returns the keys, and makes the first one where there is none.
func (f folder) open() (jose.JSONWebKeySet, error) {
	set, err := f.read()
	if !errors.Is(err, fs.ErrNotExist) {
		return set, err
	}
	return f.change(func(set jose.JSONWebKeySet) (jose.JSONWebKeySet, error) {
		if len(set.Keys) > 0 {
			return set, nil // another process was first
		}
		return withNewKey(set)
	})
}

// change replaces the keys under a lock, because several processes share the folder.
func (f folder) change(how func(jose.JSONWebKeySet) (jose.JSONWebKeySet, error)) (set jose.JSONWebKeySet, err error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return set, fmt.Errorf("token keys: %w", err)
	}
	unlock, err := f.lock()
	if err != nil {
		return set, err
	}
	defer unlock()
	if set, err = f.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return set, err
	}
	if set, err = how(set); err != nil {
		return set, err
	}
	return set, f.write(set)
}

func (f folder) lock() (unlock func(), err error) {
	lock, err := os.OpenFile(filepath.Join(string(f), keyFile+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock token keys: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock token keys: %w", err), lock.Close())
	}
	return func() { _ = lock.Close() }, nil // closing lets go of the lock
}

func (f folder) write(set jose.JSONWebKeySet) error {
	raw, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("write token keys: %w", err)
	}
	next := f.file() + ".new"
	file, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write token keys: %w", err)
	}
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Chmod(0o600), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write token keys: %w", err)
	}
	return os.Rename(next, f.file())
}

func (f folder) file() string { return filepath.Join(string(f), keyFile) }

// withNewKey puts a new signing key first and leaves only the public halves of those before.
func withNewKey(set jose.JSONWebKeySet) (jose.JSONWebKeySet, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return set, fmt.Errorf("make token key: %w", err)
	}
	keys := []jose.JSONWebKey{{Key: private, KeyID: rand.Text(), Algorithm: string(jose.EdDSA), Use: "sig"}}
	for _, old := range set.Keys {
		if len(keys) <= oldKeys {
			keys = append(keys, old.Public())
		}
	}
	return jose.JSONWebKeySet{Keys: keys}, nil
}

// publicHalves are the keys that anybody may have.
func publicHalves(set jose.JSONWebKeySet) jose.JSONWebKeySet {
	var public jose.JSONWebKeySet
	for _, k := range set.Keys {
		if half := k.Public(); half.Valid() {
			public.Keys = append(public.Keys, half)
		}
	}
	return public
}
