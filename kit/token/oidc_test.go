package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// identityProvider is an OIDC issuer in the process: it serves discovery and keys, and signs.
type identityProvider struct {
	*httptest.Server
	keys    jose.JSONWebKeySet // private
	down    atomic.Bool
	fetches atomic.Int32
}

func newIdentityProvider(t testing.TB) *identityProvider {
	t.Helper()
	idp := &identityProvider{}
	idp.Server = httptest.NewServer(http.HandlerFunc(idp.serve))
	t.Cleanup(idp.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	idp.keys.Keys = []jose.JSONWebKey{{Key: key, KeyID: "rsa", Use: "sig"}}
	return idp
}

func (idp *identityProvider) serve(w http.ResponseWriter, r *http.Request) {
	if idp.down.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	var answer any = publicHalves(idp.keys)
	if r.URL.Path == "/.well-known/openid-configuration" {
		answer = map[string]any{"issuer": idp.URL, "jwks_uri": idp.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
	} else {
		idp.fetches.Add(1)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// token is signed with the provider's latest key.
func (idp *identityProvider) token(t testing.TB, alg jose.SignatureAlgorithm, change func(map[string]any)) string {
	t.Helper()
	key := idp.keys.Keys[len(idp.keys.Keys)-1]
	return signed(t, alg, key.Key, key.KeyID, func(claims map[string]any) {
		claims["iss"], claims["aud"], claims["sub"] = idp.URL, "kept-api", "u1"
		change(claims)
	})
}

func (idp *identityProvider) verifier(t testing.TB, now func() time.Time, change func(*OIDCIssuer)) *Verifier {
	t.Helper()
	issuer := OIDCIssuer{URL: idp.URL, Audience: "kept-api"}
	change(&issuer)
	verifier, err := NewVerifier(nil, []OIDCIssuer{issuer}, now)
	require.NoError(t, err)
	return verifier
}

func asItComes(*OIDCIssuer) {}

func TestExternalTokens(t *testing.T) {
	idp := newIdentityProvider(t)
	nested := func(claims map[string]any) {
		delete(claims, "role")
		claims["realm_access"] = map[string]any{"roles": []string{"offline", "agent", "manager"}}
	}
	for name, tc := range map[string]struct {
		config func(*OIDCIssuer)
		claims func(map[string]any)
		want   access.Principal // zero: refused
	}{
		"agent":                   {asItComes, nothing, access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/u1"}},
		"customer":                {asItComes, set("role", "customer"), access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/u1"}},
		"customer with name":      {asItComes, func(c map[string]any) { c["role"], c["sub"] = "customer", "customers/u1" }, access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/u1"}},
		"customer by own claim":   {func(o *OIDCIssuer) { o.CustomerClaim = "kept_id" }, func(c map[string]any) { c["role"], c["kept_id"] = "customer", "0190" }, access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/0190"}},
		"own claim missing":       {func(o *OIDCIssuer) { o.CustomerClaim = "kept_id" }, set("role", "customer"), access.Principal{}},
		"agent keeps sub":         {func(o *OIDCIssuer) { o.CustomerClaim = "kept_id" }, nothing, access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/u1"}},
		"customer in disguise":    {asItComes, func(c map[string]any) { c["role"], c["sub"] = "customer", "u1/addresses" }, access.Principal{}},
		"role by other claim":     {func(o *OIDCIssuer) { o.RoleClaim = "https://kept.dev/role" }, set("https://kept.dev/role", "manager"), access.Principal{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/u1"}},
		"most powerful of many":   {func(o *OIDCIssuer) { o.RoleClaim = "realm_access.roles" }, nested, access.Principal{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/u1"}},
		"group names":             {func(o *OIDCIssuer) { o.Roles = map[string]accessv1.Role{"desk": accessv1.Role_ROLE_AGENT} }, set("role", "desk"), access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/u1"}},
		"not a group":             {func(o *OIDCIssuer) { o.Roles = map[string]accessv1.Role{"desk": accessv1.Role_ROLE_AGENT} }, set("role", "agent"), access.Principal{}},
		"no service by itself":    {asItComes, set("role", "service"), access.Principal{}},
		"service when said":       {func(o *OIDCIssuer) { o.Roles = map[string]accessv1.Role{"job": accessv1.Role_ROLE_SERVICE} }, set("role", "job"), access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/u1"}},
		"no role":                 {asItComes, func(c map[string]any) { delete(c, "role") }, access.Principal{}},
		"default role":            {func(o *OIDCIssuer) { o.DefaultRole = accessv1.Role_ROLE_CUSTOMER }, func(c map[string]any) { delete(c, "role") }, access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/u1"}},
		"several audiences":       {asItComes, set("aud", []string{"x", "kept-api"}), access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/u1"}},
		"wrong audience":          {asItComes, set("aud", "shop"), access.Principal{}},
		"our own audience":        {asItComes, set("aud", "kept"), access.Principal{}},
		"not before, within skew": {asItComes, set("nbf", time.Now().Add(50*time.Second).Unix()), access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/u1"}},
		"not before, beyond":      {asItComes, set("nbf", time.Now().Add(70*time.Second).Unix()), access.Principal{}},
		"fractions of a second":   {asItComes, set("exp", float64(time.Now().Unix())+3600.5), access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/u1"}},
		"says to be ours":         {asItComes, set("iss", OwnIssuer), access.Principal{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := idp.verifier(t, time.Now, tc.config).Verify(t.Context(), idp.token(t, jose.RS256, tc.claims), nil)
			require.Equal(t, tc.want, got.Principal)
			if tc.want == (access.Principal{}) {
				refused(t, err, Invalid)
				return
			}
			require.NoError(t, err)
		})
	}
}

func TestExternalClocksMayBeOffByAMinute(t *testing.T) {
	idp := newIdentityProvider(t)
	expiry := time.Now().Truncate(time.Second)
	raw := idp.token(t, jose.RS256, set("exp", expiry.Unix()))
	now := expiry.Add(59 * time.Second)
	verifier := idp.verifier(t, func() time.Time { return now }, asItComes)
	_, err := verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)
	now = expiry.Add(time.Minute)
	_, err = verifier.Verify(t.Context(), raw, nil)
	refused(t, err, Expired)
}

func TestAsymmetricAlgorithmsOnly(t *testing.T) {
	idp := newIdentityProvider(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	secret := jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "secret"}
	for name, tc := range map[string]struct {
		key  jose.JSONWebKey
		alg  jose.SignatureAlgorithm
		good bool
	}{
		"RS256":          {idp.keys.Keys[0], jose.RS256, true},
		"PS512":          {idp.keys.Keys[0], jose.PS512, true},
		"ES256":          {jose.JSONWebKey{Key: curve, KeyID: "ec"}, jose.ES256, true},
		"EdDSA":          {jose.JSONWebKey{Key: edwards, KeyID: "ed"}, jose.EdDSA, true},
		"HS256":          {secret, jose.HS256, false},
		"encryption key": {jose.JSONWebKey{Key: curve, KeyID: "enc", Use: "enc"}, jose.ES256, false},
	} {
		t.Run(name, func(t *testing.T) {
			idp.keys.Keys = append(idp.keys.Keys, tc.key)
			_, err := idp.verifier(t, time.Now, asItComes).Verify(t.Context(), idp.token(t, tc.alg, nothing), nil)
			if tc.good {
				require.NoError(t, err)
				return
			}
			refused(t, err, Invalid)
		})
	}
}

func TestAnIssuerThatIsDownIsNoFaultOfTheToken(t *testing.T) {
	idp := newIdentityProvider(t)
	idp.down.Store(true)
	now := time.Now()
	verifier := idp.verifier(t, func() time.Time { return now }, asItComes) // starts all the same
	raw := idp.token(t, jose.RS256, nothing)
	_, err := verifier.Verify(t.Context(), raw, nil)
	require.Equal(t, codes.Unavailable, errs.KindOf(err))
	require.Equal(t, IssuerUnreachable, errs.ReasonOf(err))

	idp.down.Store(false)
	now = now.Add(fetchPause / 10)
	_, err = verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)

	idp.down.Store(true)
	now = now.Add(fetchPause)
	_, err = verifier.Verify(t.Context(), idp.token(t, jose.RS256, set("jti", "another")), nil)
	require.NoError(t, err, "keys that are known need no asking")
}

func TestExternalRotationAndForgedKeyIDs(t *testing.T) {
	idp := newIdentityProvider(t)
	now := time.Now()
	verifier := idp.verifier(t, func() time.Time { return now }, asItComes)
	_, err := verifier.Verify(t.Context(), idp.token(t, jose.RS256, nothing), nil)
	require.NoError(t, err)
	require.EqualValues(t, 1, idp.fetches.Load())

	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for range 20 {
		_, err = verifier.Verify(t.Context(), signed(t, jose.EdDSA, stranger, "forged", set("iss", idp.URL)), nil)
		refused(t, err, Invalid)
	}
	require.EqualValues(t, 1, idp.fetches.Load(), "forged key ids don't flood the issuer")

	_, next, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	idp.keys.Keys = append(idp.keys.Keys, jose.JSONWebKey{Key: next, KeyID: "next"})
	now = now.Add(fetchPause)
	_, err = verifier.Verify(t.Context(), idp.token(t, jose.EdDSA, nothing), nil)
	require.NoError(t, err)
}

func TestIssuersAreToldApart(t *testing.T) {
	ours, _ := bundle(t)
	first, second := newIdentityProvider(t), newIdentityProvider(t)
	verifier, err := NewVerifier(ours.Keys(), []OIDCIssuer{
		{URL: first.URL, Audience: "kept-api"}, {URL: second.URL, Audience: "kept-api"},
	}, time.Now)
	require.NoError(t, err)
	for _, idp := range []*identityProvider{first, second} {
		_, err := verifier.Verify(t.Context(), idp.token(t, jose.RS256, nothing), nil)
		require.NoError(t, err)
	}
	_, err = verifier.Verify(t.Context(), first.token(t, jose.RS256, set("iss", second.URL)), nil)
	refused(t, err, Invalid)
}

func TestIssuersThatCannotBeConfigured(t *testing.T) {
	ours, _ := bundle(t)
	for name, list := range map[string][]OIDCIssuer{
		"no URL":      {{Audience: "a"}},
		"no audience": {{URL: "https://id.example"}},
		"our name":    {{URL: OwnIssuer, Audience: "a"}},
		"twice":       {{URL: "https://id.example", Audience: "a"}, {URL: "https://id.example", Audience: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewVerifier(ours.Keys(), list, time.Now)
			require.Error(t, err)
		})
	}
}

// While an issuer is away nobody can tell its tokens from forged ones: they count all the same.
func TestTokensOfAnIssuerThatIsDownAreLimitedByAddress(t *testing.T) {
	idp := newIdentityProvider(t)
	now := time.Now()
	verifier := idp.verifier(t, func() time.Time { return now }, asItComes)
	raw := idp.token(t, jose.RS256, nothing)
	idp.down.Store(true)
	for range tries.Burst {
		_, err := verifier.Verify(t.Context(), raw, from("192.0.2.1"))
		require.Equal(t, IssuerUnreachable, errs.ReasonOf(err))
	}
	_, err := verifier.Verify(t.Context(), raw, from("192.0.2.1"))
	require.Equal(t, TooManyTries, errs.ReasonOf(err))
	_, err = verifier.Verify(t.Context(), raw, from("192.0.2.2"))
	require.Equal(t, IssuerUnreachable, errs.ReasonOf(err), "another address is not held back")
}
