package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// origins are the web origins whose pages may call the gateway (CORS). Tokens travel in a header that a page sets
// itself, never in a cookie, so credentials are never allowed.
type origins struct {
	any   bool
	known []string
}

const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id, Traceparent"
	corsExposed = "ETag, Idempotent-Replayed, Retry-After, WWW-Authenticate, X-Request-Id"
	corsMaxAge  = "7200" // seconds; browsers keep it no longer
)

// newOrigins refuses what no browser would send as an origin, so that a slip shows at the start.
func newOrigins(allowed []string) (origins, error) {
	o := origins{known: allowed}
	for _, origin := range allowed {
		if origin == "*" {
			o.any = true
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != origin {
			return origins{}, fmt.Errorf("%q is no origin: it must look like https://shop.example", origin)
		}
	}
	return o, nil
}

// answer adds what browsers want to know. It answers a preflight itself.
func (o origins) answer(x *exchange) bool {
	if len(o.known) == 0 {
		return false
	}
	h := x.Header()
	if !o.any {
		h.Add("Vary", "Origin")
	}
	origin := x.r.Header.Get("Origin")
	if origin == "" || !o.any && !slices.Contains(o.known, origin) {
		return false
	}
	if o.any {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if x.r.Method != http.MethodOptions || x.r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", corsExposed)
		return false
	}
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	x.WriteHeader(http.StatusNoContent)
	return true
}
