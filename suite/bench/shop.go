package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/scenario"
)

// shop is a suite with goods and a customer, and calls it over REST.
type shop struct {
	url, token string
	http       *http.Client
	products   int
	customer   string
	customers  []string // with an e-mail address each
}

func openShop(ctx context.Context, env scenario.Environment, products, callers int) (*shop, error) {
	raw, err := env.Token(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/bench"})
	if err != nil {
		return nil, err
	}
	s := &shop{url: env.URL, token: raw, http: client(callers), products: products}
	if _, err := s.post(ctx, "/v1/deliveryOptions?deliveryOptionId=fast",
		`{"displayName":"Fast","promisedDuration":"86400s","speedFee":{"currencyCode":"EUR","units":5}}`); err != nil {
		return nil, err
	}
	created, err := s.post(ctx, "/v1/customers", `{"displayName":"Bench"}`)
	if err != nil {
		return nil, err
	}
	var customer struct{ Name string }
	if err := json.Unmarshal(created, &customer); err != nil {
		return nil, err
	}
	s.customer = customer.Name
	return s, s.stock(ctx)
}

// stock fills the shelves, 32 at a time.
func (s *shop) stock(ctx context.Context) error {
	var group sync.WaitGroup
	faults := make(chan error, s.products)
	work := make(chan int)
	for range 32 {
		group.Go(func() {
			for i := range work {
				if err := s.addProduct(ctx, i); err != nil {
					faults <- err
				}
			}
		})
	}
	for i := range s.products {
		work <- i
	}
	close(work)
	group.Wait()
	close(faults)
	return <-faults
}

func (s *shop) addProduct(ctx context.Context, i int) error {
	n := strconv.Itoa(i)
	_, err := s.post(ctx, "/v1/products?productId=p"+n,
		`{"displayName":"Product `+n+`","unitPrice":{"currencyCode":"EUR","units":10}}`)
	if err != nil {
		return err
	}
	_, err = s.post(ctx, "/v1/products/p"+n+"/stock:adjust", `{"quantityDelta":1000000000,"reason":"bench"}`)
	return err
}

// order places an order of three products and returns its name.
func (s *shop) order(ctx context.Context, n int) (string, error) {
	product := func(i int) string { return strconv.Itoa((n*7919 + i*31) % s.products) }
	raw, err := s.post(ctx, "/v1/orders", s.orderOf("p"+product(0), "p"+product(1), "p"+product(2)))
	if err != nil {
		return "", err
	}
	var order struct{ Name string }
	return order.Name, json.Unmarshal(raw, &order)
}

// orderOf is an order of two of each product.
func (s *shop) orderOf(products ...string) string {
	lines := make([]string, len(products))
	for i, product := range products {
		lines[i] = `{"product":"products/` + product + `","quantity":2}`
	}
	return `{"customer":"` + s.customer + `","deliveryOption":"deliveryOptions/fast","lines":[` + strings.Join(lines, ",") + `],"channel":"WEB",` +
		`"deliveryAddress":{"regionCode":"UA","postalCode":"01001","locality":"Kyiv","addressLines":["Street 1"]}}`
}

func (s *shop) post(ctx context.Context, path, body string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", id.New())
	return s.do(req)
}

func (s *shop) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	return s.do(req)
}

func (s *shop) do(req *http.Request) ([]byte, error) {
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", req.Method, req.URL.Path, res.StatusCode, raw)
	}
	return raw, err
}
