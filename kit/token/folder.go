package token

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kept.dev/kit/keyring"
)

// keyFile keeps the suite's keys in an installation's folder: the newest first, and of replaced ones the public halves.
const keyFile = "keys.json"

func fileIn(dir string) keyring.File { return keyring.File(filepath.Join(dir, keyFile)) }

// soundRing refuses keys that no token could be signed with.
func soundRing(ring keyring.Ring) error {
	if ring.Signing(time.Time{}) < 0 {
		return errors.New("token keys: the folder has no private key")
	}
	return nil
}

// newKey makes a key that signs from then on.
func newKey(from time.Time) (keyring.Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return keyring.Key{}, fmt.Errorf("make token key: %w", err)
	}
	return keyring.Key{SignsFrom: from, JSONWebKey: jose.JSONWebKey{
		Key: private, KeyID: rand.Text(), Algorithm: string(jose.EdDSA), Use: "sig",
	}}, nil
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
