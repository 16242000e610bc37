package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Signer signs and seals with the newest of the installation's keys, and knows again what any of them has signed or sealed. It notices within
// seconds when they are rotated by another process.
type Signer struct {
	ring   func() (Ring, int)
	change func(how func(Ring) (Ring, error)) error
	watch  *Watch // nil for a key that is in no file
}

// NewSigner makes a signer with the key; it should have 32 bytes.
func NewSigner(key []byte) *Signer {
	ring := Ring{{JSONWebKey: jose.JSONWebKey{Key: key}}}
	return &Signer{ring: func() (Ring, int) { return ring, 0 }}
}

// Sign returns the signature of the parts, 43 characters that may stand in a URL. The purpose keeps signatures for one use
// from being good for another.
func (s *Signer) Sign(purpose string, parts ...string) string {
	ring, at := s.ring()
	return signature(ring[at], purpose, parts)
}

// Verify tells whether the signature is of the parts, in a time that says nothing about it but how many keys there are.
func (s *Signer) Verify(text, purpose string, parts ...string) bool {
	ring, _ := s.ring()
	for _, key := range ring {
		if hmac.Equal([]byte(text), []byte(signature(key, purpose, parts))) {
			return true
		}
	}
	return false
}

func signature(key Key, purpose string, parts []string) string {
	mac := hmac.New(sha256.New, secret(key))
	write(mac, purpose, parts)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// write writes the parts so that no others are written alike.
func write(mac hash.Hash, purpose string, parts []string) {
	for _, part := range append([]string{purpose}, parts...) {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
}

// Rotate makes a new key, which signs after the overlap: until then every process has to have heard of it. What the ones before
// (the last 16) have signed is known as before.
func (s *Signer) Rotate(overlap time.Duration) error {
	return s.change(func(ring Ring) (Ring, error) {
		now := time.Now()
		return ring.With(newKey(now.Add(overlap)), now), nil
	})
}

// Readable tells whether the file of keys can be read; a key that is in no file always can.
func (s *Signer) Readable() bool { return s.watch == nil || s.watch.Readable() }

// Ring are the keys, with when each begins to sign. They are secret.
func (s *Signer) Ring() Ring {
	ring, _ := s.ring()
	return ring
}
