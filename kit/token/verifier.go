package token

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/ratelimit"
)

// Reasons of the refusals.
const (
	Invalid           = "TOKEN_INVALID"
	Expired           = "TOKEN_EXPIRED"
	TooManyTries      = "TOO_MANY_INVALID_TOKENS"
	IssuerUnreachable = "ISSUER_UNREACHABLE"
)

// tries is how many tokens that are no good one address may send. Many people may share one, and a check takes some 50 µs.
var tries = ratelimit.Limit{Rate: 50, Burst: 500}

// maxSize is how long a token may be, in bytes. Longer ones are refused unread.
const maxSize = 8 << 10

// Verifier checks tokens and says who they stand for. It is safe for concurrent use.
type Verifier struct {
	issuers map[string]*source
	now     func() time.Time
	cache   *cache
	tries   *ratelimit.Local
}

// Identity is who a token stands for, and until when.
type Identity struct {
	access.Principal
	Until time.Time
}

// source is an issuer as the verifier sees it.
type source struct {
	issuer    string
	keys      *Keys
	config    *oidc.Config
	algs      []jose.SignatureAlgorithm
	skew      time.Duration
	principal func(claims map[string]json.RawMessage) access.Principal
}

// NewVerifier accepts the suite's own tokens, signed with own (nil: none), and those of the external issuers.
// Nothing is fetched before it is needed, so a process starts while an issuer is away. now is the wall clock.
func NewVerifier(own *Keys, external []OIDCIssuer, now func() time.Time) (*Verifier, error) {
	v := &Verifier{issuers: map[string]*source{}, now: now, cache: newCache(), tries: ratelimit.NewLocal(tries, now)}
	if own != nil {
		v.issuers[OwnIssuer] = ownSource(own)
	}
	for _, o := range external {
		if o.URL == "" || o.Audience == "" {
			return nil, errors.New("an OIDC issuer needs a URL and an audience")
		}
		if _, taken := v.issuers[o.URL]; taken {
			return nil, fmt.Errorf("two issuers are named %s", o.URL)
		}
		v.issuers[o.URL] = externalSource(o.withDefaults())
	}
	return v, nil
}

func ownSource(keys *Keys) *source {
	return &source{
		issuer: OwnIssuer, keys: keys, principal: ownPrincipal,
		algs:   []jose.SignatureAlgorithm{jose.EdDSA},
		config: &oidc.Config{ClientID: Audience, SupportedSigningAlgs: []string{oidc.EdDSA}, SkipExpiryCheck: true},
	}
}

func externalSource(o OIDCIssuer) *source {
	s := &source{issuer: o.URL, keys: o.keys(), skew: skew, principal: o.principal, algs: []jose.SignatureAlgorithm{
		jose.EdDSA, jose.ES256, jose.ES384, jose.ES512,
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	}}
	s.config = &oidc.Config{ClientID: o.Audience, SkipExpiryCheck: true}
	for _, alg := range s.algs {
		s.config.SupportedSigningAlgs = append(s.config.SupportedSigningAlgs, string(alg))
	}
	return s
}

func ownPrincipal(claims map[string]json.RawMessage) access.Principal {
	role, subject := words(claims, roleClaim), words(claims, "sub")
	if len(role) != 1 || len(subject) != 1 {
		return access.Principal{}
	}
	r, _ := RoleNamed(role[0])
	return access.Principal{Role: r, Subject: subject[0]}
}

// Unlimited lets every address send as many tokens that are no good as it likes: where no caller is limited.
func (v *Verifier) Unlimited() { v.tries = nil }

// Verify says who the token stands for. A token that was verified before costs a look into memory. For any other, from tells
// the address that it came from: each address may send a few tokens a second that are not found good, and from then on none of
// its tokens is looked at. One whose issuer does not answer counts, too: it may be forged. A nil from sets no limit.
//
// Errors: UNAUTHENTICATED with TOKEN_INVALID or TOKEN_EXPIRED; RESOURCE_EXHAUSTED (TOO_MANY_INVALID_TOKENS); UNAVAILABLE
// (ISSUER_UNREACHABLE) when the issuer's keys are needed and can't be read. No error tells anything of what is in the token.
func (v *Verifier) Verify(ctx context.Context, raw string, from func() string) (Identity, error) {
	if len(raw) > maxSize {
		return Identity{}, errs.Unauthenticated(Invalid, "the token is longer than %d bytes", maxSize)
	}
	now := v.now()
	key := keyOf(raw)
	if found, ok := v.cache.get(key, now); ok {
		return found, nil
	}
	if from == nil || v.tries == nil {
		return v.checkNew(ctx, raw, key, now)
	}
	address := from()
	if ok, retry := v.tries.Allow(ctx, address); !ok {
		return Identity{}, errs.Overloaded(TooManyTries, retry)
	}
	found, err := v.checkNew(ctx, raw, key, now)
	if err == nil {
		v.tries.Return(address)
	}
	return found, err
}

// checkNew checks a token that was not seen before, and remembers it if it is good.
func (v *Verifier) checkNew(ctx context.Context, raw string, key cacheKey, now time.Time) (Identity, error) {
	found, err := v.check(ctx, raw, now)
	if err != nil {
		return Identity{}, err
	}
	v.cache.put(key, found)
	return found, nil
}

func (v *Verifier) check(ctx context.Context, raw string, now time.Time) (found Identity, err error) {
	s, ok := v.issuers[claimedIssuer(raw)]
	if !ok {
		return found, errs.Unauthenticated(Invalid, "the token is not a JWT of an issuer that is known here")
	}
	payload, err := s.verified(ctx, raw, now)
	if err != nil {
		return found, err
	}
	if found.Until, err = s.lifetime(payload, now); err != nil {
		return found, err
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal(payload, &claims) == nil {
		found.Principal = s.principal(claims)
	}
	if !sound(found.Principal) {
		return found, errs.Unauthenticated(Invalid, "the token names no role or no subject that is known here")
	}
	return found, nil
}

// claimedIssuer is whose token it says to be; nothing more is believed before the signature is checked. It takes
// the one strict spelling of a token only: loose ones would fill the cache with the same token many times.
func claimedIssuer(raw string) string {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || strings.ContainsAny(raw, "\r\n") {
		return ""
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return ""
		}
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(decoded[1], &claims) != nil {
		return ""
	}
	return claims.Issuer
}

// verified are the claims of a token whose signature, issuer and audience are right.
func (s *source) verified(ctx context.Context, raw string, now time.Time) ([]byte, error) {
	sig := &signature{source: s, now: now}
	_, err := oidc.NewVerifier(s.issuer, sig, s.config).Verify(ctx, raw)
	switch {
	case errors.Is(sig.err, errNoKeys):
		return nil, errs.Unavailable(IssuerUnreachable, "the token's issuer can't be asked for its keys").Because(sig.err)
	case sig.err != nil || sig.payload == nil:
		return nil, errs.Unauthenticated(Invalid, "the token's signature is not one that counts here")
	case err != nil:
		return nil, errs.Unauthenticated(Invalid, "the token is for another audience or not well-formed")
	}
	return sig.payload, nil
}

// lifetime is until when the token counts.
func (s *source) lifetime(payload []byte, now time.Time) (until time.Time, err error) {
	var t times
	if json.Unmarshal(payload, &t) != nil {
		return until, errs.Unauthenticated(Invalid, "the token's times are not well-formed")
	}
	expiry, err := moment(t.Expiry)
	if err != nil {
		return until, errs.Unauthenticated(Invalid, "the token has no expiry")
	}
	until = expiry.Add(s.skew)
	if !now.Before(until) {
		return until, errs.Unauthenticated(Expired, "the token has expired; get a new one")
	}
	if t.NotBefore != nil {
		if from, err := moment(t.NotBefore); err != nil || now.Before(from.Add(-s.skew)) {
			return until, errs.Unauthenticated(Invalid, "the token does not count yet")
		}
	}
	return until, nil
}

// signature is the check of one token's signature. It keeps the outcome, because go-oidc turns errors into text.
type signature struct {
	source  *source
	now     time.Time
	payload []byte
	err     error
}

// VerifySignature implements oidc.KeySet.
func (s *signature) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	s.payload, s.err = s.verify(ctx, raw)
	return s.payload, s.err
}

func (s *signature) verify(ctx context.Context, raw string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(raw, s.source.algs)
	if err != nil {
		return nil, errors.New("not a signed token")
	}
	keys, err := s.source.keys.candidates(ctx, jws.Signatures[0].Header.KeyID, s.now)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key fits")
}
