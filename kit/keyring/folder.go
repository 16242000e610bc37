package keyring

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	keyFile = "link-keys.json"
	// firstFile is where an installation's only key was before there were several.
	firstFile = "link.key"
	keySize   = 32
)

// OpenSigner reads the keys from the folder that all processes share, and makes one where there is none. Where there are keys it need
// not be writable.
func OpenSigner(folder string) (*Signer, error) { return open(folder, time.Now) }

func open(folder string, now func() time.Time) (*Signer, error) {
	file := File(filepath.Join(folder, keyFile))
	if _, err := file.Open(func() (Ring, error) { return first(filepath.Join(folder, firstFile)) }); err != nil {
		return nil, fmt.Errorf("link keys: %w", err)
	}
	watch, err := file.Watch(sound, now)
	if err != nil {
		return nil, fmt.Errorf("link keys: %w", err)
	}
	return &Signer{ring: watch.Signing, change: watch.Change, watch: watch}, nil
}

// first is the key that signed before, or a new one.
func first(file string) (Ring, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Ring{newKey(time.Time{})}, nil
	}
	if err != nil {
		return nil, err
	}
	ring := Ring{{JSONWebKey: key(raw)}}
	return ring, sound(ring)
}

func newKey(from time.Time) Key {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	return Key{JSONWebKey: key(raw), SignsFrom: from}
}

func key(raw []byte) jose.JSONWebKey {
	return jose.JSONWebKey{Key: raw, KeyID: rand.Text(), Algorithm: string(jose.HS256), Use: "sig"}
}

// sound refuses keys that links could not be signed with.
func sound(ring Ring) error {
	for _, key := range ring {
		if n := len(secret(key)); n != keySize {
			return fmt.Errorf("key %s has %d bytes and not %d", key.KeyID, n, keySize)
		}
	}
	if len(ring) == 0 {
		return errors.New("there is no key")
	}
	return nil
}

// secret are the key's bytes; none when it is of another kind.
func secret(key Key) []byte {
	raw, _ := key.Key.([]byte)
	return raw
}
