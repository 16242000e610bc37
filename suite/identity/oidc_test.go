package identity

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

// trusting is a suite where the issuer's desk are agents and its buyers customers.
func trusting(t *testing.T, i *issuer) scenario.Environment {
	t.Helper()
	_, s := environment.EmbeddedWith(t, embedded.Config{Dir: t.TempDir(), Issuers: []token.OIDCIssuer{{
		URL: i.server.URL, Audience: clientID, RoleClaim: "realm_access.roles",
		Roles: map[string]accessv1.Role{"desk": accessv1.Role_ROLE_AGENT, "buyer": accessv1.Role_ROLE_CUSTOMER},
	}}})
	return s
}

// as makes a call that agents may make, with the token, and returns the status and the reason of a refusal.
func as(t *testing.T, s scenario.Environment, raw string) (status int, reason string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/customers", strings.NewReader(`{"displayName": "Olena"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+raw)
	req.Header.Set("Content-Type", "application/json")
	res, err := s.HTTP.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var answer struct {
		Details []struct{ Reason string }
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	for _, d := range answer.Details {
		reason += d.Reason
	}
	return res.StatusCode, reason
}

func asIs(*grant) {}

func TestTokensOfAnIssuer(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	s := trusting(t, i)
	roles := func(names ...string) func(*grant) { return func(g *grant) { g.roles = names } }
	for name, tc := range map[string]struct {
		change func(*grant)
		status int
		reason string
	}{
		"as it comes":                 {asIs, 200, ""},
		"a customer":                  {roles("buyer"), 403, "ROLE_NOT_ALLOWED"},
		"an agent who buys":           {roles("buyer", "desk"), 200, ""},
		"a role that counts nowhere":  {roles("admin"), 401, token.Invalid},
		"no role":                     {roles(), 401, token.Invalid},
		"another's audience":          {func(g *grant) { g.audience = "warehouse" }, 401, token.Invalid},
		"our own audience":            {func(g *grant) { g.audience = token.Audience }, 401, token.Invalid},
		"expired, within the skew":    {func(g *grant) { g.life = -30 * time.Second }, 200, ""},
		"expired":                     {func(g *grant) { g.life = -70 * time.Second }, 401, token.Expired},
		"a clock ahead by little":     {func(g *grant) { g.behind = -45 * time.Second }, 200, ""},
		"a clock ahead by too much":   {func(g *grant) { g.behind = -80 * time.Second }, 401, token.Invalid},
		"a clock behind by very much": {func(g *grant) { g.behind = time.Hour }, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, reason := as(t, s, i.token(t, tc.change))
			require.Equal(t, tc.status, status)
			require.Equal(t, tc.reason, reason)
		})
	}
	t.Run("a user who signs in", func(t *testing.T) {
		status, _ := as(t, s, i.signIn(t))
		require.Equal(t, http.StatusOK, status)
	})
	t.Run("cut", func(t *testing.T) {
		raw := i.token(t, asIs)
		status, reason := as(t, s, raw[:len(raw)-20])
		require.Equal(t, http.StatusUnauthorized, status)
		require.Equal(t, token.Invalid, reason)
	})
}

// TestAnIssuersKeysAreRotated waits, in real time, for as long as a look for an unknown key counts.
func TestAnIssuersKeysAreRotated(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	s := trusting(t, i)
	try := func(raw string) int {
		status, _ := as(t, s, raw)
		return status
	}
	old := i.token(t, asIs)
	unseen := i.token(t, func(g *grant) { g.roles = []string{"desk"} })
	require.Equal(t, http.StatusOK, try(old))
	i.rotate(t)
	fresh := i.token(t, asIs)
	require.Equal(t, http.StatusUnauthorized, try(fresh), "no flood of questions to the issuer")
	require.Eventually(t, func() bool { return try(fresh) == http.StatusOK }, 15*time.Second, 100*time.Millisecond, "without a restart")
	require.Equal(t, http.StatusOK, try(old))
	require.Equal(t, http.StatusOK, try(unseen), "the old key still counts")
}

func TestAnIssuerThatIsAway(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	s := trusting(t, i)
	raw, later := i.token(t, asIs), i.token(t, func(g *grant) { g.roles = []string{"desk"} })
	own, err := s.Token(access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"})
	require.NoError(t, err)

	i.away.Store(true)
	status, reason := as(t, s, raw)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, token.IssuerUnreachable, reason)
	status, _ = as(t, s, own)
	require.Equal(t, http.StatusOK, status, "our own go on")

	i.away.Store(false)
	require.Eventually(t, func() bool {
		status, _ := as(t, s, raw)
		return status == http.StatusOK
	}, 5*time.Second, 50*time.Millisecond, "it is heard soon when it is back")
	i.away.Store(true)
	status, _ = as(t, s, later)
	require.Equal(t, http.StatusOK, status, "keys that are known need no asking")
}
