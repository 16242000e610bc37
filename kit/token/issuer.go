// Package token makes and checks the bearer tokens that say who calls: JWTs, signed by the suite's own small issuer
// or by any configured OIDC issuer. Only asymmetric signatures count.
package token

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"kept.dev/kit/access"
	"kept.dev/kit/keyring"
)

// Issuer makes the suite's own tokens. It is safe for concurrent use. It notices within seconds when its keys are rotated by
// another process.
type Issuer struct {
	dir  string
	keys *keyring.Watch
	now  func() time.Time
}

// NewIssuer opens the keys in the folder and makes them at first use, readable by their owner alone. Several
// processes may share the folder. Where there are keys it need not be writable.
func NewIssuer(dir string) (*Issuer, error) { return newIssuer(dir, time.Now) }

func newIssuer(dir string, now func() time.Time) (*Issuer, error) {
	file := fileIn(dir)
	if _, err := file.Open(func() (keyring.Ring, error) {
		key, err := newKey(time.Time{})
		return keyring.Ring{key}, err
	}); err != nil {
		return nil, err
	}
	keys, err := file.Watch(soundRing, now)
	if err != nil {
		return nil, err
	}
	return &Issuer{dir: dir, keys: keys, now: now}, nil
}

// Issue makes a token for the principal, good from now for ttl.
func (i *Issuer) Issue(p access.Principal, ttl time.Duration) (string, error) {
	if !sound(p) {
		return "", fmt.Errorf("issue token: %s with this subject cannot be acted for", p.Role)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: i.signing().JSONWebKey}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("token keys: %w", err)
	}
	now := i.now()
	raw, err := jwt.Signed(signer).Claims(ownClaims{
		Claims: jwt.Claims{
			Issuer: OwnIssuer, Subject: p.Subject, Audience: jwt.Audience{Audience},
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(ttl)), ID: rand.Text(),
		},
		Role: RoleName(p.Role),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("issue token: %w", err)
	}
	return raw, nil
}

// Readable tells whether the file of keys can be read.
func (i *Issuer) Readable() bool { return i.keys.Readable() }

// signing is the key that signs now.
func (i *Issuer) signing() keyring.Key {
	ring, at := i.keys.Signing()
	return ring[at]
}

// Rotate makes a new signing key, which signs after the overlap: until then every process has to have heard of it. Tokens
// signed with the ones before (the last 16) stay good until they expire.
func (i *Issuer) Rotate(overlap time.Duration) error {
	return i.keys.Change(func(ring keyring.Ring) (keyring.Ring, error) {
		now := i.now()
		key, err := newKey(now.Add(overlap))
		return ring.With(key, now), err
	})
}

// Ring are the keys, with when each begins to sign.
func (i *Issuer) Ring() keyring.Ring { return i.keys.Ring() }

// JWKS is the set of public keys that the suite's tokens can be checked with.
func (i *Issuer) JWKS() jose.JSONWebKeySet { return publicHalves(i.keys.Ring().Set()) }

// ServeHTTP answers with the JWKS.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=60")
	_ = json.NewEncoder(w).Encode(i.JWKS()) // a caller that has gone away is no fault
}

// Renewing returns a source of tokens for a principal that lives as long as the process, such as a service: each
// is used for half its ttl, or until another key signs. It returns "" when no token can be made, and callees then refuse the call.
func (i *Issuer) Renewing(p access.Principal, ttl time.Duration) func(context.Context) string {
	var (
		mu    sync.Mutex
		raw   string
		key   string
		until time.Time
	)
	return func(context.Context) string {
		mu.Lock()
		defer mu.Unlock()
		if now, signs := i.now(), i.signing().KeyID; signs != key || !now.Before(until) {
			raw, _ = i.Issue(p, ttl)
			key, until = signs, now.Add(ttl/2)
		}
		return raw
	}
}
