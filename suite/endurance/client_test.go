package endurance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/scenario"
)

// client calls over REST, once, and takes the answer as it is. Many may call at the same time.
type client struct {
	url, token string
	http       *http.Client
}

type reply struct {
	status int
	body   string
}

func newClient(t *testing.T, env scenario.Environment, role accessv1.Role, subject string) client {
	t.Helper()
	token, err := env.Token(access.Principal{Role: role, Subject: subject})
	require.NoError(t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	return client{env.URL, token, &http.Client{Transport: transport, Timeout: time.Minute}}
}

func (c client) get(ctx context.Context, path string) (reply, error) {
	return c.call(ctx, http.MethodGet, path, "", nil)
}

func (c client) post(ctx context.Context, key, path string, body any) (reply, error) {
	return c.call(ctx, http.MethodPost, path, key, body)
}

func (c client) call(ctx context.Context, method, path, key string, body any) (reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return reply{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return reply{}, err
	}
	if body == nil {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, string(text)}, err
}

func (r reply) text(t *testing.T, field string) string {
	t.Helper()
	text, err := r.field(field)
	require.NoError(t, err)
	return text
}

func (r reply) field(name string) (string, error) {
	var body map[string]any
	err := json.Unmarshal([]byte(r.body), &body)
	return fmt.Sprint(body[name]), err
}

// shop is a product on the shelf, a way of delivery, and a customer who buys.
type shop struct {
	product, option string
	customer        client
	name            string // the customer's
	admin           client
}

// openShop puts units of a product on the shelf; the product's id begins with kind.
func openShop(t *testing.T, env scenario.Environment, kind string, units int) shop {
	t.Helper()
	tag := id.New()[24:]
	s := shop{
		product: "products/" + kind + "-" + tag, option: "deliveryOptions/day-" + tag,
		admin: newClient(t, env, accessv1.Role_ROLE_ADMIN, "admins/owner"),
	}
	agent := newClient(t, env, accessv1.Role_ROLE_AGENT, "agents/anna")
	s.must(t, s.admin, "/v1/products?productId="+kind+"-"+tag, map[string]any{"displayName": "Pot", "unitPrice": euros(10)})
	s.must(t, agent, "/v1/"+s.product+"/stock:adjust", map[string]any{"quantityDelta": units, "reason": "delivery"})
	s.must(t, s.admin, "/v1/deliveryOptions?deliveryOptionId=day-"+tag, map[string]any{
		"displayName": "Within a day", "promisedDuration": "86400s", "warningDuration": "21600s", "speedFee": euros(5),
	})
	s.name = s.must(t, agent, "/v1/customers", map[string]any{"displayName": "Olena", "languageCode": "uk"}).text(t, "name")
	s.customer = newClient(t, env, accessv1.Role_ROLE_CUSTOMER, s.name)
	return s
}

func euros(units int) map[string]any { return map[string]any{"currencyCode": "EUR", "units": units} }

func (s shop) must(t *testing.T, who client, path string, body any) reply {
	t.Helper()
	key := id.New()
	return insist(t, func() (reply, error) { return who.post(t.Context(), key, path, body) })
}

func (s shop) mustOrder(t *testing.T) reply {
	t.Helper()
	key := id.New()
	return insist(t, func() (reply, error) { return s.order(t.Context(), key) })
}

// insist calls again, under the same key, while something behind the front door is away, as clients are told to.
func insist(t *testing.T, call func() (reply, error)) reply {
	t.Helper()
	var last reply
	require.Eventually(t, func() bool {
		r, err := call()
		last = r
		return err == nil && r.status != http.StatusServiceUnavailable && r.status != http.StatusGatewayTimeout
	}, 2*patience, time.Millisecond)
	require.Equal(t, http.StatusOK, last.status, last.body)
	return last
}

// order asks for one unit.
func (s shop) order(ctx context.Context, key string) (reply, error) {
	home := map[string]any{"regionCode": "UA", "postalCode": "01001", "locality": "Kyiv", "addressLines": []string{"Home"}}
	return s.customer.post(ctx, key, "/v1/orders", map[string]any{
		"customer": s.name, "lines": []any{map[string]any{"product": s.product, "quantity": 1}}, "deliveryOption": s.option,
		"deliveryAddress": home, "billingAddress": home, "homeAddress": home, "channel": "WEB",
	})
}
