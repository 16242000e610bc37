package gateway_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"

	"kept.dev/gateway"
	"kept.dev/kit/errs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sandbox(c *gateway.Config) { c.Sandbox = true }

func TestZeroIsShown(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, map[string]any{"name": "products/tea/stock", "onHandQuantity": "0", "heldQuantity": "0", "availableQuantity": "0"},
		w.ask(t, "GET", "/v1/products/tea/stock", "").json())
	require.Equal(t, map[string]any{"orders": []any{}, "nextPageToken": ""}, w.ask(t, "GET", "/v1/orders", "").json())
}

func TestErrorsOfServices(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		reason string
	}{
		"invalid":         {errs.Invalid("order.delivery_option", "is closed"), 400, "INVALID_REQUEST"},
		"not found":       {errs.NotFound("orders/1"), 404, "NOT_FOUND"},
		"exists":          {errs.AlreadyExists("products/x"), 409, "ALREADY_EXISTS"},
		"refused":         {errs.Refused("STOCK_SHORT", "there are not so many"), 409, "STOCK_SHORT"},
		"key reused":      {errs.Refused("IDEMPOTENCY_KEY_REUSED", "other body"), 422, "IDEMPOTENCY_KEY_REUSED"},
		"stale":           {errs.Stale("CHANGED", "changed"), 409, "CHANGED"},
		"unauthenticated": {errs.Unauthenticated("TOKEN_EXPIRED", "too old"), 401, "TOKEN_EXPIRED"},
		"denied":          {errs.Denied("ROLE", "not you"), 403, "ROLE"},
		"overloaded":      {errs.Overloaded("QUEUE_FULL", 1200*time.Millisecond), 429, "QUEUE_FULL"},
		"away":            {errs.Unavailable("DATABASE_UNAVAILABLE", "the database does not answer"), 503, "DATABASE_UNAVAILABLE"},
		"internal":        {errs.Internal("sorry"), 500, "INTERNAL"},
		"foreign":         {errors.New("dial tcp 10.0.0.7:5432"), 500, "INTERNAL"},
		"foreign, coded":  {status.Error(codes.Unavailable, "dial tcp 10.0.0.7"), 503, "UNAVAILABLE"},
		"foreign, lost":   {status.Error(codes.DeadlineExceeded, "10.0.0.7"), 504, "DEADLINE_EXCEEDED"},
	} {
		t.Run(name, func(t *testing.T) {
			for place, w := range map[string]*world{"near": newWorld(t), "far": newDistributedWorld(t)} {
				w.order.set(func(b *backend) { b.fail = c.err })
				got := w.ask(t, "GET", "/v1/orders/1", "")
				require.Equal(t, c.status, got.Code, place)
				require.Equal(t, c.reason, got.reason(), place)
				require.NotContains(t, got.Body.String(), "10.0.0.7")
				require.NotContains(t, got.Body.String(), "rpc error", "the service's words are not wrapped in the client's")
				require.EqualValues(t, status.Code(withCode(c.err)), got.json()["code"])

				got = w.ask(t, "GET", "/v1/orders/1", "", "Accept", "application/json;q=0.5, application/problem+json")
				require.Equal(t, c.status, got.Code)
				require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"))
				problem := got.json()
				require.Equal(t, "tag:kept.dev,2026:"+c.reason, problem["type"])
				require.EqualValues(t, c.status, problem["status"])
				require.Equal(t, c.reason, problem["reason"])
				require.NotEmpty(t, problem["title"])
				require.NotEmpty(t, problem["detail"])
			}
		})
	}
}

func withCode(err error) error {
	var own *errs.Error
	if errors.As(err, &own) {
		return own.GRPCStatus().Err()
	}
	return err
}

func TestErrorHeaders(t *testing.T) {
	w := newWorld(t)
	w.order.set(func(b *backend) { b.fail = errs.Overloaded("QUEUE_FULL", 1200*time.Millisecond) })
	require.Equal(t, "2", w.ask(t, "GET", "/v1/orders/1", "").Header().Get("Retry-After"))
	w.order.set(func(b *backend) { b.fail = errs.Unauthenticated("TOKEN_MISSING", "who are you?") })
	require.Equal(t, "Bearer", w.ask(t, "GET", "/v1/orders/1", "").Header().Get("WWW-Authenticate"))
}

func TestViolationsHaveTheNamesOfJSON(t *testing.T) {
	w := newWorld(t)
	w.order.set(func(b *backend) { b.fail = errs.Invalid("order.lines[0].unit_price", "is missing") })
	got := w.ask(t, "POST", "/v1/orders", order)
	require.Equal(t, []string{"order.lines[0].unitPrice"}, got.fields())
	got = w.ask(t, "POST", "/v1/orders", order, "Accept", "application/problem+json")
	require.Equal(t, []any{map[string]any{"field": "order.lines[0].unitPrice", "description": "is missing"}}, got.json()["violations"])
}

func TestDetailOfAnUnknownType(t *testing.T) {
	w := newWorld(t)
	known := errs.Refused("ODD", "odd").GRPCStatus().Proto()
	w.order.set(func(b *backend) {
		b.fail = status.FromProto(&statuspb.Status{Code: known.GetCode(), Message: known.GetMessage(),
			Details: append(known.GetDetails(), &anypb.Any{TypeUrl: "type.googleapis.com/no.such.Type", Value: []byte("x")})}).Err()
	})
	got := w.ask(t, "GET", "/v1/orders/1", "")
	require.Equal(t, 409, got.Code)
	require.Equal(t, "ODD", got.reason())
}

func TestWhatServicesLearnOfTheHeaders(t *testing.T) {
	for place, w := range map[string]*world{"near": newWorld(t), "far": newDistributedWorld(t)} {
		got := w.ask(t, "POST", "/v1/orders", order, "Authorization", "Bearer abc", "Idempotency-Key", "k-1",
			"X-Request-Id", "req-1", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			"Grpc-Metadata-Role", "admin", "Grpc-Metadata-Authorization", "Bearer forged", "Grpc-Timeout", "1n", "Cookie", "c=1",
			"X-Forwarded-For", "1.2.3.4", "Te", "trailers", "Connection", "close")
		require.Equal(t, 200, got.Code, got.Body.String())
		require.Equal(t, "req-1", got.Header().Get("X-Request-Id"))
		md := w.order.metadata()
		for _, own := range []string{":authority", "content-type", "user-agent", "grpc-accept-encoding"} {
			delete(md, own) // gRPC's, not the client's
		}
		require.Equal(t, metadata.MD{
			"authorization":   {"Bearer abc"},
			"idempotency-key": {"k-1"},
			"x-request-id":    {"req-1"},
			"traceparent":     {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		}, md, place)
	}
}

func TestWhatClientsLearnOfTheMetadata(t *testing.T) {
	for _, w := range []*world{newWorld(t), newDistributedWorld(t)} {
		w.order.set(func(b *backend) { b.say = metadata.Pairs("idempotent-replayed", "true", "x-internal", "secret") })
		got := w.ask(t, "POST", "/v1/orders", order)
		require.Equal(t, "true", got.Header().Get("Idempotent-Replayed"))
		for name := range got.Header() {
			require.NotContains(t, strings.ToLower(name), "internal")
			require.NotContains(t, strings.ToLower(name), "grpc")
		}
	}
}

func TestRequestIDs(t *testing.T) {
	w := newWorld(t)
	for _, odd := range []string{"", "a b", "ü", strings.Repeat("x", 129), "a\"b"} {
		got := w.ask(t, "GET", "/healthz", "", "X-Request-Id", odd).Header().Get("X-Request-Id")
		require.Len(t, got, 32)
		require.NotEqual(t, odd, got)
	}
	long := strings.Repeat("x", 128)
	require.Equal(t, long, w.ask(t, "GET", "/nothing", "", "X-Request-Id", long).Header().Get("X-Request-Id"))
	require.NotEqual(t, w.ask(t, "GET", "/healthz", "").Header().Get("X-Request-Id"), w.ask(t, "GET", "/healthz", "").Header().Get("X-Request-Id"))
}

func TestCompression(t *testing.T) {
	w := newWorld(t)
	got := w.ask(t, "GET", "/v1/orders/1", "", "Accept-Encoding", "deflate, GZIP;q=0.8")
	require.Equal(t, "gzip", got.Header().Get("Content-Encoding"))
	require.Contains(t, got.Header().Values("Vary"), "Accept-Encoding")
	plain, err := gzip.NewReader(got.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(plain)
	require.NoError(t, err)
	require.Equal(t, w.ask(t, "GET", "/v1/orders/1", "").Body.String(), string(text))

	require.Empty(t, w.ask(t, "GET", "/v1/orders/1", "", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))
	require.Empty(t, w.ask(t, "GET", "/v1/orders/1", "", "Accept-Encoding", "br").Header().Get("Content-Encoding"))
	require.Empty(t, w.ask(t, "GET", "/v1/products/1", "", "Accept-Encoding", "gzip").Header().Get("Content-Encoding"), "too short to be worth it")
}

func TestHeadAndOptions(t *testing.T) {
	w := newWorld(t)
	read := w.ask(t, "GET", "/v1/products/tea", "")
	head := w.ask(t, "HEAD", "/v1/products/tea", "")
	require.Equal(t, 200, head.Code)
	require.Empty(t, head.Body.String())
	require.Equal(t, read.Header().Get("Content-Length"), head.Header().Get("Content-Length"))

	for path, allow := range map[string]string{
		"/v1/orders": "GET, HEAD, OPTIONS, POST", "/v1/orders/1:cancel": "OPTIONS, POST", "/docs": "GET, HEAD, OPTIONS",
	} {
		got := w.ask(t, "OPTIONS", path, "")
		require.Equal(t, http.StatusNoContent, got.Code)
		require.Equal(t, allow, got.Header().Get("Allow"))
		require.Empty(t, got.Header().Get("Content-Length"))
		require.Equal(t, allow, w.ask(t, "PATCH", path, "").Header().Get("Allow"))
	}
	require.Equal(t, 404, w.ask(t, "OPTIONS", "/v1/nothing", "").Code)
}

func TestSecurityHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/v1/products/tea", "/v1/nothing", "/docs"} {
		h := w.ask(t, "GET", path, "").Header()
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	}
	require.Equal(t, "no-store", w.ask(t, "GET", "/v1/products/tea", "").Header().Get("Cache-Control"))
}

func TestCORS(t *testing.T) {
	w := newWorld(t, func(c *gateway.Config) { c.CORSOrigins = []string{"https://shop.example"} })
	preflight := func(origin string) answer {
		return w.ask(t, "OPTIONS", "/v1/orders", "", "Origin", origin, "Access-Control-Request-Method", "POST")
	}
	got := preflight("https://shop.example")
	require.Equal(t, http.StatusNoContent, got.Code)
	require.Equal(t, "https://shop.example", got.Header().Get("Access-Control-Allow-Origin"))
	require.Contains(t, got.Header().Get("Access-Control-Allow-Headers"), "Idempotency-Key")
	require.Contains(t, got.Header().Get("Access-Control-Allow-Methods"), "POST")
	require.Empty(t, got.Header().Get("Access-Control-Allow-Credentials"))

	for _, other := range []string{"https://evil.example", "null", "https://shop.example.evil.example"} {
		require.Empty(t, preflight(other).Header().Get("Access-Control-Allow-Origin"))
	}
	got = w.ask(t, "GET", "/v1/orders/nobody:x", "", "Origin", "https://shop.example")
	require.Equal(t, "https://shop.example", got.Header().Get("Access-Control-Allow-Origin"), "errors are readable, too")
	require.Contains(t, got.Header().Get("Access-Control-Expose-Headers"), "Retry-After")
	require.Contains(t, w.ask(t, "GET", "/v1/orders", "").Header().Values("Vary"), "Origin")
	require.Empty(t, newWorld(t).ask(t, "GET", "/v1/orders", "", "Origin", "https://shop.example").Header().Get("Access-Control-Allow-Origin"))
	open := newWorld(t, func(c *gateway.Config) { c.CORSOrigins = []string{"*"} })
	require.Equal(t, "*", open.ask(t, "GET", "/v1/orders", "", "Origin", "https://x.example").Header().Get("Access-Control-Allow-Origin"))
}

func TestRoutingByName(t *testing.T) {
	w := newWorld(t)
	for _, service := range []string{"customer", "order"} {
		require.Equal(t, "of "+service, w.ask(t, "GET", "/v1/services/"+service+"/deadLetters", "").json()["nextPageToken"])
		require.Equal(t, "of "+service, w.ask(t, "POST", "/v1/services/"+service+"/deadLetters/7:replay", "{}").json()["subject"])
	}
	require.Equal(t, 404, w.ask(t, "POST", "/v1/services/payroll/deadLetters/7:replay", "{}").Code)
}

func TestSandboxIsClosedByDefault(t *testing.T) {
	closed := newWorld(t).ask(t, "POST", "/v1/sandbox/clock:advance", `{"duration": "1s"}`)
	require.Equal(t, 404, closed.Code)
	require.Contains(t, closed.Body.String(), "--sandbox", "who has forgotten it is told")
	w := newWorld(t, sandbox)
	require.Equal(t, "sandbox/clock", w.ask(t, "GET", "/v1/sandbox/clock", "").json()["name"])
	require.NotContains(t, w.ask(t, "GET", "/v1/sandbox/sand", "").Body.String(), "--sandbox", "there is one")
	require.Nil(t, w.order.request())
}

func TestPanicBecomesAnAnswer(t *testing.T) {
	var log strings.Builder
	w := newWorld(t, func(c *gateway.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	w.order.set(func(b *backend) { b.do = func(context.Context) { panic("secret") } })
	got := w.ask(t, "GET", "/v1/orders/1", "", "X-Request-Id", "req-9")
	require.Equal(t, 500, got.Code)
	require.Equal(t, "INTERNAL", got.reason())
	require.NotContains(t, got.Body.String(), "secret")
	require.Contains(t, log.String(), "req-9")
	w.order.set(func(b *backend) { b.do = nil })
	require.Equal(t, 200, w.ask(t, "GET", "/v1/orders/1", "").Code)
}

func TestCallsEndInTime(t *testing.T) {
	w := newWorld(t, func(c *gateway.Config) { c.Timeout = 10 * time.Millisecond; c.Sandbox = true })
	waits := func(ctx context.Context) {
		if _, limited := ctx.Deadline(); limited {
			<-ctx.Done()
		}
	}
	w.order.set(func(b *backend) { b.do = waits })
	w.customer.set(func(b *backend) { b.do = waits })
	require.Equal(t, http.StatusGatewayTimeout, w.ask(t, "GET", "/v1/orders/1", "").Code)
	require.Equal(t, 200, w.ask(t, "GET", "/v1/sandbox/clock", "").Code, "the sandbox's clock takes its time")
}

func TestBadConfigurations(t *testing.T) {
	conn := map[string]grpc.ClientConnInterface{"customer": nil, "order": nil}
	for name, c := range map[string]gateway.Config{
		"no connections": {}, "a connection missing": {Conns: conn},
		"origin with a path": {CORSOrigins: []string{"https://shop.example/"}}, "no origin": {CORSOrigins: []string{"shop.example"}},
	} {
		_, err := gateway.New(c)
		require.Error(t, err, name)
	}
	w := newWorld(t)
	require.NotNil(t, w.Handler)
}
