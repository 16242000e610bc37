package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/keyring"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

func bundle(t testing.TB) (*Issuer, *Verifier) {
	t.Helper()
	issuer, err := NewIssuer(t.TempDir())
	require.NoError(t, err)
	verifier, err := NewVerifier(issuer.Keys(), nil, time.Now)
	require.NoError(t, err)
	return issuer, verifier
}

var anna = access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"}

func refused(t *testing.T, err error, reason string) {
	t.Helper()
	require.Equal(t, codes.Unauthenticated, errs.KindOf(err), "%v", err)
	require.Equal(t, reason, errs.ReasonOf(err))
}

func TestAnIssuedTokenIsAccepted(t *testing.T) {
	issuer, verifier := bundle(t)
	for _, p := range []access.Principal{
		{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/0190"},
		{Role: accessv1.Role_ROLE_GUEST, Subject: "guests/7"},
		anna,
		{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/eve"},
		{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/root"},
		{Role: accessv1.Role_ROLE_PARTNER, Subject: "partners/acme"},
		{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/order"},
	} {
		raw, err := issuer.Issue(p, time.Hour)
		require.NoError(t, err)
		for range 2 { // checked, then from the cache
			got, err := verifier.Verify(t.Context(), raw, nil)
			require.NoError(t, err)
			require.Equal(t, p, got.Principal)
		}
	}
}

func TestClaims(t *testing.T) {
	issuer, _ := bundle(t)
	raw, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	parts := strings.Split(raw, ".")
	var header, claims map[string]any
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	require.Equal(t, "EdDSA", header["alg"])
	require.Equal(t, issuer.JWKS().Keys[0].KeyID, header["kid"])
	require.Equal(t, "kept", claims["iss"])
	require.Equal(t, "agents/anna", claims["sub"])
	require.Equal(t, "agent", claims["role"])
	require.Equal(t, "kept", claims["aud"])
	require.NotEmpty(t, claims["jti"])
	require.InDelta(t, 3600, claims["exp"].(float64)-claims["iat"].(float64), 0)
}

func TestNobodyUnsoundGetsAToken(t *testing.T) {
	issuer, _ := bundle(t)
	for name, p := range map[string]access.Principal{
		"nobody":                    {},
		"no subject":                {Role: accessv1.Role_ROLE_AGENT},
		"unknown role":              {Role: 99, Subject: "x"},
		"customer without name":     {Role: accessv1.Role_ROLE_CUSTOMER, Subject: "0190"},
		"customer without id":       {Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/"},
		"every customer":            {Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/-"},
		"customer below a customer": {Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/1/addresses"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := issuer.Issue(p, time.Hour)
			require.Error(t, err)
		})
	}
}

func TestATokenExpiresInTheCacheToo(t *testing.T) {
	issuer, _ := bundle(t)
	now := time.Now()
	verifier, err := NewVerifier(issuer.Keys(), nil, func() time.Time { return now })
	require.NoError(t, err)
	raw, err := issuer.Issue(anna, time.Minute)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)
	now = now.Add(time.Minute)
	for range 2 {
		_, err = verifier.Verify(t.Context(), raw, nil)
		refused(t, err, Expired)
	}
	require.Zero(t, verifier.cache.entries.Len())
}

// signed makes a compact token of our own shape, by any key and algorithm.
func signed(t testing.TB, alg jose.SignatureAlgorithm, key any, kid string, change func(claims map[string]any)) string {
	t.Helper()
	claims := map[string]any{"iss": OwnIssuer, "aud": Audience, "sub": "agents/anna", "role": "agent",
		"exp": time.Now().Add(time.Hour).Unix()}
	change(claims)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	require.NoError(t, err)
	jws, err := signer.Sign(payload)
	require.NoError(t, err)
	raw, err := jws.CompactSerialize()
	require.NoError(t, err)
	return raw
}

func nothing(map[string]any) {}

func set(name string, value any) func(map[string]any) {
	return func(claims map[string]any) { claims[name] = value }
}

func TestWhatIsNotOursIsRefused(t *testing.T) {
	issuer, verifier := bundle(t)
	own, err := fileIn(issuer.dir).Read()
	require.NoError(t, err)
	key, kid := own[0].Key.(ed25519.PrivateKey), own[0].KeyID
	public := key.Public().(ed25519.PublicKey)
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	good := signed(t, jose.EdDSA, key, kid, nothing)
	_, err = verifier.Verify(t.Context(), good, nil)
	require.NoError(t, err, "the ground that all cases below stand on")
	parts := strings.Split(good, ".")
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

	respelled := []byte(good) // four bits of the last letter are padding
	respelled[len(good)-1]++
	for name, raw := range map[string]string{
		"same bytes, other spelling":   string(respelled),
		"line break":                   good + "\n",
		"blank":                        good + " ",
		"empty":                        "",
		"no JWT":                       "hello",
		"dots":                         "...",
		"forged by another key":        signed(t, jose.EdDSA, foreign, kid, nothing),
		"unknown key id":               signed(t, jose.EdDSA, foreign, "other", nothing),
		"no key id, another key":       signed(t, jose.EdDSA, foreign, "", nothing),
		"other algorithm":              signed(t, jose.ES256, curve, kid, nothing),
		"HMAC with the public key":     signed(t, jose.HS256, []byte(public), kid, nothing),
		"alg none":                     encode(`{"alg":"none"}`) + "." + parts[1] + ".",
		"alg none, signed":             encode(`{"alg":"none"}`) + "." + parts[1] + "." + parts[2],
		"signature cut":                parts[0] + "." + parts[1] + ".",
		"other claims, same signature": parts[0] + "." + encode(`{"iss":"kept","aud":"kept","sub":"admins/x","role":"admin","exp":9999999999}`) + "." + parts[2],
		"wrong audience":               signed(t, jose.EdDSA, key, kid, set("aud", "shop")),
		"no audience":                  signed(t, jose.EdDSA, key, kid, func(c map[string]any) { delete(c, "aud") }),
		"unknown issuer":               signed(t, jose.EdDSA, key, kid, set("iss", "https://evil.example")),
		"no issuer":                    signed(t, jose.EdDSA, key, kid, func(c map[string]any) { delete(c, "iss") }),
		"no expiry":                    signed(t, jose.EdDSA, key, kid, func(c map[string]any) { delete(c, "exp") }),
		"expiry is text":               signed(t, jose.EdDSA, key, kid, set("exp", "tomorrow")),
		"expiry beyond time":           signed(t, jose.EdDSA, key, kid, set("exp", 1e300)),
		"not yet":                      signed(t, jose.EdDSA, key, kid, set("nbf", time.Now().Add(time.Hour).Unix())),
		"no subject":                   signed(t, jose.EdDSA, key, kid, set("sub", "")),
		"no role":                      signed(t, jose.EdDSA, key, kid, set("role", "")),
		"unknown role":                 signed(t, jose.EdDSA, key, kid, set("role", "king")),
		"role in capitals":             signed(t, jose.EdDSA, key, kid, set("role", "AGENT")),
		"role unspecified":             signed(t, jose.EdDSA, key, kid, set("role", "unspecified")),
		"two roles":                    signed(t, jose.EdDSA, key, kid, set("role", []string{"agent", "admin"})),
		"customer of all":              signed(t, jose.EdDSA, key, kid, func(c map[string]any) { c["role"], c["sub"] = "customer", "customers/" }),
		"too long":                     signed(t, jose.EdDSA, key, kid, set("pad", strings.Repeat("x", maxSize))),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := verifier.Verify(t.Context(), raw, nil)
			refused(t, err, Invalid)
			require.Zero(t, p)
			if len(raw) > 20 {
				require.NotContains(t, err.Error(), raw[:20])
			}
			require.NotContains(t, err.Error(), "anna")
		})
	}
	_, err = verifier.Verify(t.Context(), signed(t, jose.EdDSA, key, kid, set("exp", time.Now().Add(-time.Second).Unix())), nil)
	refused(t, err, Expired)
}

func TestRotationKeepsOldTokensGood(t *testing.T) {
	issuer, verifier := bundle(t)
	before, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	require.NoError(t, issuer.Rotate(0))
	after, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	fresh, err := NewVerifier(KeysIn(issuer.dir), nil, time.Now) // as another process would
	require.NoError(t, err)
	for _, v := range []*Verifier{verifier, fresh} {
		for _, raw := range []string{before, after} {
			_, err := v.Verify(t.Context(), raw, nil)
			require.NoError(t, err)
		}
	}
	require.Len(t, issuer.JWKS().Keys, 2)
	again, err := NewIssuer(issuer.dir)
	require.NoError(t, err)
	require.Equal(t, issuer.JWKS().Keys[0].KeyID, again.JWKS().Keys[0].KeyID, "the keys are the folder's")
	for range keyring.Kept + 3 {
		require.NoError(t, issuer.Rotate(0))
	}
	require.Len(t, issuer.JWKS().Keys, 1+keyring.Kept, "the oldest go")
}

func TestAVerifierHearsOfARotationElsewhere(t *testing.T) {
	issuer, verifier := bundle(t)
	raw, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)
	elsewhere, err := NewIssuer(issuer.dir)
	require.NoError(t, err)
	require.NoError(t, elsewhere.Rotate(0))
	raw, err = elsewhere.Issue(anna, time.Hour)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)
}

func TestKeysAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	issuer, err := NewIssuer(dir)
	require.NoError(t, err)
	require.NoError(t, issuer.Rotate(0))
	info, err := os.Stat(filepath.Join(dir, keyFile))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())

	stored, err := fileIn(issuer.dir).Read()
	require.NoError(t, err)
	require.False(t, stored[0].IsPublic())
	require.True(t, stored[1].IsPublic(), "a replaced private key is gone")
	served := httptest.NewRecorder()
	issuer.ServeHTTP(served, httptest.NewRequest("GET", "/", nil))
	require.NotContains(t, served.Body.String(), `"d"`)
	for _, key := range issuer.JWKS().Keys {
		require.True(t, key.IsPublic())
	}
}

func TestProcessesThatStartTogetherShareOneKey(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wait.Go(func() {
			issuer, err := NewIssuer(dir)
			if err == nil {
				ids[i] = issuer.JWKS().Keys[0].KeyID
			}
		})
	}
	wait.Wait()
	for _, id := range ids {
		require.NotEmpty(t, id)
		require.Equal(t, ids[0], id)
	}
}

func TestABrokenFolderIsNoIssuer(t *testing.T) {
	for name, text := range map[string]string{"no JSON": "secret{", "no keys": `{"keys":[]}`} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, keyFile), []byte(text), 0o600))
			_, err := NewIssuer(dir)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestKeysFromAnywhere(t *testing.T) {
	issuer, _ := bundle(t)
	raw, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	server := httptest.NewServer(issuer)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "jwks.json")
	text, err := json.Marshal(issuer.JWKS())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	for name, keys := range map[string]*Keys{
		"value": KeysOf(issuer.JWKS()), "folder": KeysIn(issuer.dir), "file": KeysAt(file), "URL": KeysAt(server.URL),
	} {
		t.Run(name, func(t *testing.T) {
			verifier, err := NewVerifier(keys, nil, time.Now)
			require.NoError(t, err)
			got, err := verifier.Verify(t.Context(), raw, nil)
			require.NoError(t, err)
			require.Equal(t, anna, got.Principal)
		})
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	cache := newCache()
	until := time.Now().Add(time.Hour)
	for i := range cacheSize + 100 {
		cache.put(keyOf(string(rune(i))), Identity{anna, until})
	}
	require.Equal(t, cacheSize, cache.entries.Len())
}

func TestVerifyIsSafeForManyAtOnce(t *testing.T) {
	issuer, verifier := bundle(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				raw, err := issuer.Issue(anna, time.Hour)
				if err == nil {
					_, err = verifier.Verify(context.WithoutCancel(t.Context()), raw, nil)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	require.NoError(t, issuer.Rotate(0))
	wait.Wait()
}

func TestRenewingReplacesATokenAtHalfItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, verifier := bundle(t)
		source := issuer.Renewing(access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/order"}, time.Hour)
		first := source(t.Context())
		time.Sleep(29 * time.Minute) // the bubble's clock: no time passes
		require.Equal(t, first, source(t.Context()))
		time.Sleep(2 * time.Minute)
		second := source(t.Context())
		require.NotEqual(t, first, second)
		_, err := verifier.Verify(t.Context(), second, nil)
		require.NoError(t, err)
	})
}
