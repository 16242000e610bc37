package identity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/keyring"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

// caller makes calls with one token.
type caller struct {
	t     *testing.T
	env   scenario.Environment
	token string
}

func by(t *testing.T, s scenario.Environment, role accessv1.Role, subject string) caller {
	t.Helper()
	raw, err := s.Token(access.Principal{Role: role, Subject: subject})
	require.NoError(t, err)
	return caller{t, s, raw}
}

// do calls and returns the answer, which has to be a good one.
func (c caller) do(method, path, body string) map[string]any {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.env.URL+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.env.HTTP.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	var answer map[string]any
	require.NoError(c.t, json.NewDecoder(res.Body).Decode(&answer))
	require.Equal(c.t, http.StatusOK, res.StatusCode, "%s %s: %v", method, path, answer)
	return answer
}

// missing has a customer order what then is missing, and returns the customer.
func missing(t *testing.T, s scenario.Environment) caller {
	t.Helper()
	admin := by(t, s, accessv1.Role_ROLE_ADMIN, "admins/owner")
	customer := fmt.Sprint(admin.do("POST", "/v1/customers", `{"displayName": "Olena"}`)["name"])
	admin.do("POST", "/v1/products?productId=pot", `{"displayName": "Pot", "unitPrice": {"currencyCode": "EUR", "units": 1}}`)
	admin.do("POST", "/v1/products/pot/stock:adjust", `{"quantityDelta": 5, "reason": "delivery"}`)
	admin.do("POST", "/v1/deliveryOptions?deliveryOptionId=fast", `{"displayName": "Fast", "promisedDuration": "86400s"}`)
	order := admin.do("POST", "/v1/orders", fmt.Sprintf(
		`{"customer": %q, "deliveryOption": "deliveryOptions/fast", "lines": [{"product": "products/pot", "quantity": 1}]}`, customer))
	admin.do("POST", fmt.Sprintf("/v1/%s/shortages", order["name"]), `{"product": "products/pot", "quantity": 1, "reason": "Broken"}`)
	return by(t, s, accessv1.Role_ROLE_CUSTOMER, customer)
}

// link is the link to cancel that the customer has in a message; empty as long as there is none.
func (c caller) link() string {
	messages, _ := c.do("GET", "/v1/messages", "")["messages"].([]any)
	for _, m := range messages {
		options, _ := m.(map[string]any)["options"].([]any)
		for _, o := range options {
			if option, _ := o.(map[string]any); option["choice"] == "CANCEL" {
				return fmt.Sprint(option["action"])
			}
		}
	}
	return ""
}

// TestOwnKeysAreRotatedWhileTheSuiteRuns rotates as `kept keys --rotate --overlap 0s` does, from outside.
func TestOwnKeysAreRotatedWhileTheSuiteRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, s := environment.EmbeddedWith(t, embedded.Config{Dir: dir})
	olena := missing(t, s)
	require.Eventually(t, func() bool { return olena.link() != "" }, 10*time.Second, 20*time.Millisecond)
	before := olena.link()

	issuer, err := token.NewIssuer(filepath.Join(dir, "keys"))
	require.NoError(t, err)
	require.NoError(t, issuer.Rotate(0))
	signer, err := keyring.OpenSigner(filepath.Join(dir, "keys"))
	require.NoError(t, err)
	require.NoError(t, signer.Rotate(0))

	require.Eventually(t, func() bool { return olena.link() != before }, 10*time.Second, 100*time.Millisecond, "links are signed anew")
	published, _ := olena.do("GET", "/.well-known/jwks.json", "")["keys"].([]any)
	require.Len(t, published, 2)
	fresh, err := issuer.Issue(access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"}, time.Hour)
	require.NoError(t, err)
	caller{t, s, fresh}.do("POST", "/v1/customers", `{"displayName": "Ivan"}`)

	anybody := caller{t, s, ""}
	require.Equal(t, "AVAILABLE", anybody.do("GET", "/v1/"+before, "")["state"], "a link from before")
	require.Equal(t, "AVAILABLE", anybody.do("GET", "/v1/"+olena.link(), "")["state"], "a link from after")
	require.Equal(t, "TAKEN", anybody.do("POST", "/v1/"+before+":take", `{}`)["state"])
}
