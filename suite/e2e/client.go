package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// client calls over REST as one person.
type client struct {
	url, token string
	http       *http.Client
}

func (d *Deployment) client(role accessv1.Role, subject string) (*client, error) {
	raw, err := d.token(access.Principal{Role: role, Subject: subject})
	transport := &http.Transport{
		MaxIdleConnsPerHost: 64, DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext, IdleConnTimeout: 10 * time.Second,
	}
	return &client{d.URL, raw, &http.Client{Transport: transport, Timeout: 20 * time.Second}}, err
}

// call calls once. An answer that is not 200 is an error.
func (c *client) call(ctx context.Context, method, path, key string, body any) (map[string]any, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	var answer map[string]any
	return answer, json.Unmarshal(text, &answer)
}

func (c *client) get(ctx context.Context, path string) (map[string]any, error) {
	return c.call(ctx, http.MethodGet, path, "", nil)
}

func (c *client) post(ctx context.Context, path string, body any) (map[string]any, error) {
	return c.call(ctx, http.MethodPost, path, id.New(), body)
}

// shop is a product on the shelf, a way of delivery, and a customer who buys.
type shop struct {
	product, option, customer string
	buyer, agent, owner       *client
}

// shelf is how many units there are: enough for every test.
const shelf = 1_000_000

func (d *Deployment) openShop(ctx context.Context) (*shop, error) {
	owner, err := d.client(accessv1.Role_ROLE_ADMIN, "admins/owner")
	agent, err2 := d.client(accessv1.Role_ROLE_AGENT, "agents/anna")
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	tag := id.New()[24:]
	s := &shop{product: "products/pot-" + tag, option: "deliveryOptions/day-" + tag, agent: agent, owner: owner}
	euros := func(units int) any { return map[string]any{"currencyCode": "EUR", "units": units} }
	_, err = owner.post(ctx, "/v1/products?productId=pot-"+tag, map[string]any{"displayName": "Pot", "unitPrice": euros(10)})
	if err != nil {
		return nil, err
	}
	_, err = agent.post(ctx, "/v1/"+s.product+"/stock:adjust", map[string]any{"quantityDelta": shelf, "reason": "delivery"})
	if err != nil {
		return nil, err
	}
	_, err = owner.post(ctx, "/v1/deliveryOptions?deliveryOptionId=day-"+tag, map[string]any{
		"displayName": "Within a day", "promisedDuration": "86400s", "warningDuration": "21600s", "speedFee": euros(5),
	})
	if err != nil {
		return nil, err
	}
	customer, err := agent.post(ctx, "/v1/customers", map[string]any{"displayName": "Olena", "languageCode": "uk"})
	if err != nil {
		return nil, err
	}
	s.customer = fmt.Sprint(customer["name"])
	s.buyer, err = d.client(accessv1.Role_ROLE_CUSTOMER, s.customer)
	return s, err
}

// order orders one unit; again with the same key it is the same order.
func (s *shop) order(ctx context.Context, key string) error {
	_, err := s.buyer.call(ctx, http.MethodPost, "/v1/orders", key, map[string]any{
		"customer": s.customer, "channel": "WEB", "deliveryOption": s.option,
		"lines": []any{map[string]any{"product": s.product, "quantity": 1}},
	})
	return err
}
