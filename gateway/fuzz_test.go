package gateway_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Whatever a client sends is either right or the client's fault.
func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ path, query, body string }{
		{"orders", "pageSize=1", order}, {"orders/1:cancel", "", `{"reason":"x"}`}, {"orders", "", `{"lines":[{"quantity":1e3}]}`},
		{"products", "productId=a", `{"unitPrice":{"units":"1","nanos":-1}}`}, {"products/a/stock:adjust", "", `{"quantityDelta":"-0"}`},
		{"sandbox/clock:advance", "", `{"duration":"1.5s"}`}, {"customers/1", "updateMask=displayName,addresses", `{"name":"customers/1","etag":"\""}`},
		{"orders/1:track", "ticket=abc&lastSeen=x", ""}, {"shortagePolicy", "update_mask=*", "{}"}, {"identities:resolve", "value=a", ""},
		{"orders/%2F:cancel", "a[b]=c&d.e.f=g&%zz", "[[[["}, {"", "", "\x00"},
	} {
		f.Add(seed.path, seed.query, []byte(seed.body))
	}
	near, far := newWorld(f, sandbox), newDistributedWorld(f, sandbox)
	f.Fuzz(func(t *testing.T, path, query string, body []byte) {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
			var codes []int
			for _, w := range []*world{near, far} {
				r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(string(body)))
				target, err := r.URL.Parse("/v1/" + path)
				if err != nil {
					return
				}
				r.URL = target
				r.URL.RawQuery = query
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Last-Event-ID", path)
				if method == "PATCH" {
					r.Header.Set("If-Match", string(body))
				}
				if method == "GET" || method == "DELETE" {
					r.Body, r.ContentLength = nil, 0
				}
				got := httptest.NewRecorder()
				w.ServeHTTP(got, r)
				codes = append(codes, got.Code)
				require.True(t, got.Code < 500 || got.Code == 501, "%d %s", got.Code, got.Body) // 501: the fake has no such RPC
				require.True(t, utf8.Valid(got.Body.Bytes()))
			}
			require.Equal(t, codes[0], codes[1], "near and far answer alike")
		}
	})
}
