// Package sign signs what leaves the house and has to be known again when it comes back, such as links in messages.
package sign

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	keyFile = "link.key"
	keySize = 32
)

// Signer signs with the installation's key.
type Signer struct{ key []byte }

// New makes a signer with the key; it should have 32 bytes.
func New(key []byte) *Signer { return &Signer{key: key} }

// Open reads the key from the folder that all processes share, and makes one where there is none.
func Open(folder string) (*Signer, error) {
	file := filepath.Join(folder, keyFile)
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(folder, file); err != nil {
			return nil, fmt.Errorf("link key: %w", err)
		}
		key, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("link key: %w", err)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("link key: %s has %d bytes and not %d", file, len(key), keySize)
	}
	return New(key), nil
}

// create makes the key. Of several processes that do it at the same moment the first wins.
func create(folder, file string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(folder, keyFile+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	_, err = draft.Write(key)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Sign returns the signature of the parts, 43 characters that may stand in a URL. The purpose keeps signatures for one use
// from being good for another.
func (s *Signer) Sign(purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, s.key)
	for _, part := range append([]string{purpose}, parts...) {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Verify tells whether the signature is of the parts, in a time that says nothing about it.
func (s *Signer) Verify(signature, purpose string, parts ...string) bool {
	return hmac.Equal([]byte(signature), []byte(s.Sign(purpose, parts...)))
}

// Key derives a key of 32 bytes for one purpose (HKDF-Expand, RFC 5869), the same in every process.
func (s *Signer) Key(purpose string) []byte {
	key, err := hkdf.Expand(sha256.New, s.key, "key for "+purpose, keySize)
	if err != nil { // only for more bytes than 8160
		panic(err)
	}
	return key
}
