// Package token makes and checks the bearer tokens that say who calls: JWTs, signed by the suite's own small issuer
// or by any configured OIDC issuer. Only asymmetric signatures count.
package token

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"kept.dev/kit/access"
)

// Issuer makes the suite's own tokens. It is safe for concurrent use.
type Issuer struct {
	keys folder

	mu     sync.RWMutex
	set    jose.JSONWebKeySet
	signer jose.Signer
}

// NewIssuer opens the keys in the folder and makes them at first use, readable by their owner alone. Several
// processes may share the folder.
func NewIssuer(dir string) (*Issuer, error) {
	set, err := folder(dir).open()
	if err != nil {
		return nil, err
	}
	i := &Issuer{keys: folder(dir)}
	return i, i.use(set)
}

func (i *Issuer) use(set jose.JSONWebKeySet) error {
	if len(set.Keys) == 0 || set.Keys[0].IsPublic() {
		return errors.New("token keys: the folder has no private key")
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: set.Keys[0]},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return fmt.Errorf("token keys: %w", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set, i.signer = set, signer
	return nil
}

// Issue makes a token for the principal, good from now for ttl.
func (i *Issuer) Issue(p access.Principal, ttl time.Duration) (string, error) {
	if !sound(p) {
		return "", fmt.Errorf("issue token: %s with this subject cannot be acted for", p.Role)
	}
	i.mu.RLock()
	signer := i.signer
	i.mu.RUnlock()
	now := time.Now()
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

// Rotate makes a new signing key. Tokens signed with the ones before (the last 16) stay good until they expire.
func (i *Issuer) Rotate() error {
	set, err := i.keys.change(withNewKey)
	if err != nil {
		return err
	}
	return i.use(set)
}

// JWKS is the set of public keys that the suite's tokens can be checked with.
func (i *Issuer) JWKS() jose.JSONWebKeySet {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return publicHalves(i.set)
}

// ServeHTTP answers with the JWKS.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=60")
	_ = json.NewEncoder(w).Encode(i.JWKS()) // a caller that has gone away is no fault
}

// Renewing returns a source of tokens for a principal that lives as long as the process, such as a service: each
// is used for half its ttl. It returns "" when no token can be made, and callees then refuse the call.
func (i *Issuer) Renewing(p access.Principal, ttl time.Duration) func(context.Context) string {
	var (
		mu    sync.Mutex
		raw   string
		until time.Time
	)
	return func(context.Context) string {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); !now.Before(until) {
			raw, _ = i.Issue(p, ttl)
			until = now.Add(ttl / 2)
		}
		return raw
	}
}
