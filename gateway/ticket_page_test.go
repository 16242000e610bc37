package gateway_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"

	"kept.dev/gateway"
	"kept.dev/kit/keyring"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const bearer = "Bearer eyJhbGciOiJFZERTQSJ9.secret.signature"

func signed(c *gateway.Config) {
	c.Signer = keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef"))
}

// one is a stream of one event.
func one(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
	return stream.Send(step(1))
}

// newTicketWorld has a stream of one event behind it.
func newTicketWorld(t *testing.T, change ...func(*gateway.Config)) *world {
	w := newWorld(t, change...)
	w.order.set(func(b *backend) { b.track = one })
	return w
}

func (w *world) ticket(t *testing.T, path string) string {
	t.Helper()
	got := w.ask(t, "POST", "/streamTickets", fmt.Sprintf(`{"path":%q}`, path), "Authorization", bearer)
	require.Equal(t, 200, got.Code, got.Body.String())
	require.Equal(t, "no-store", got.Header().Get("Cache-Control"))
	ticket, ok := got.json()["ticket"].(string)
	require.True(t, ok)
	return ticket
}

func TestATicketOpensItsStreamOnce(t *testing.T) {
	w := newTicketWorld(t)
	ticket := w.ticket(t, track)
	got := w.ask(t, "GET", track+"?ticket="+ticket+"&lastSeen=orders/1/trackingEvents/1", "", "Last-Event-ID", "")
	require.Equal(t, 200, got.Code, got.Body.String())
	require.Equal(t, []string{bearer}, w.order.metadata().Get("authorization"))
	sent, ok := w.order.request().(*orderv1.TrackOrderRequest)
	require.True(t, ok)
	require.Equal(t, "orders/1/trackingEvents/1", sent.GetLastSeen())

	got = w.ask(t, "GET", track+"?ticket="+ticket, "")
	require.Equal(t, 401, got.Code)
	require.Equal(t, "TICKET_USED", got.reason())
	require.Equal(t, "Bearer", got.Header().Get("Www-Authenticate"))
}

func TestATicketIsGoodForALittleWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTicketWorld(t)
		got := w.ask(t, "POST", "/streamTickets", `{"path":"`+track+`"}`, "Authorization", bearer)
		expires, err := time.Parse(time.RFC3339, got.json()["expireTime"].(string))
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, time.Until(expires))
		soon, late := w.ticket(t, track), w.ticket(t, track)
		<-time.After(30*time.Second - 1)
		require.Equal(t, 200, w.ask(t, "GET", track+"?ticket="+soon, "").Code)
		<-time.After(1)
		require.Equal(t, "TICKET_EXPIRED", w.ask(t, "GET", track+"?ticket="+late, "").reason())
	})
}

func TestATicketOfOneGatewayIsGoodAtAnother(t *testing.T) {
	one, other := newTicketWorld(t, signed), newTicketWorld(t, signed)
	require.Equal(t, 200, other.ask(t, "GET", track+"?ticket="+one.ticket(t, track), "").Code)
	stranger := newTicketWorld(t)
	require.Equal(t, "TICKET_INVALID", stranger.ask(t, "GET", track+"?ticket="+one.ticket(t, track), "").reason())
}

func TestTicketsThatAreNone(t *testing.T) {
	w := newTicketWorld(t, signed)
	good := w.ticket(t, track)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	raw[len(raw)-1] ^= 1
	for name, target := range map[string]string{
		"empty":        track + "?ticket=",
		"nonsense":     track + "?ticket=abc",
		"not base64":   track + "?ticket=***",
		"changed":      track + "?ticket=" + base64.RawURLEncoding.EncodeToString(raw),
		"cut":          track + "?ticket=" + good[:len(good)/2],
		"other order":  "/v1/orders/2:track?ticket=" + good,
		"other stream": "/v1/customers/1/messages:stream?ticket=" + good,
		"escaped path": "/v1/orders/%31:track?ticket=" + good,
	} {
		got := w.ask(t, "GET", target, "")
		require.Equal(t, 401, got.Code, name)
		require.Equal(t, "TICKET_INVALID", got.reason(), name)
	}
	require.Nil(t, w.order.request())
	for _, c := range []struct {
		target  string
		headers []string
	}{
		{track + "?ticket=" + good + "&ticket=" + good, nil},
		{track + "?ticket=" + good, []string{"Authorization", bearer}},
		{"/v1/orders/1?ticket=" + good, nil},
	} {
		require.Equal(t, []string{"ticket"}, w.ask(t, "GET", c.target, "", c.headers...).fields(), c.target)
	}
	require.Equal(t, 200, w.ask(t, "GET", track+"?ticket="+good, "").Code, "none of it has used it up")
}

func TestWhoGetsNoTicket(t *testing.T) {
	w := newTicketWorld(t)
	authorized := []string{"Authorization", bearer}
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		reason  string
		fields  []string
	}{
		"nobody":         {`{"path":"/v1/orders/1:track"}`, nil, 401, "TOKEN_MISSING", nil},
		"long token":     {`{"path":"/v1/orders/1:track"}`, []string{"Authorization", "Bearer " + strings.Repeat("x", 5000)}, 400, "INVALID_REQUEST", nil},
		"no stream":      {`{"path":"/v1/orders/1"}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"nothing there":  {`{"path":"/v1/nothing"}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"with a query":   {`{"path":"/v1/orders/1:track?lastSeen=x"}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"with a host":    {`{"path":"https://shop.example/v1/orders/1:track"}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"long":           {`{"path":"/v1/orders/` + strings.Repeat("1", 1000) + `:track"}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"no text":        {`{"path":1}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"no path":        {`{}`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"another field":  {`{"path":"/v1/orders/1:track","ttl":"1h"}`, authorized, 400, "INVALID_REQUEST", []string{"ttl"}},
		"no JSON":        {`path`, authorized, 400, "INVALID_REQUEST", nil},
		"null":           {`null`, authorized, 400, "INVALID_REQUEST", []string{"path"}},
		"no body at all": {``, authorized, 400, "INVALID_REQUEST", nil},
	} {
		got := w.ask(t, "POST", "/streamTickets", c.body, c.headers...)
		require.Equal(t, c.status, got.Code, "%s: %s", name, got.Body)
		require.Equal(t, c.reason, got.reason(), name)
		require.Equal(t, c.fields, got.fields(), name)
	}
	require.Equal(t, 405, w.ask(t, "GET", "/streamTickets", "", authorized...).Code)
	require.Equal(t, "OPTIONS, POST", w.ask(t, "OPTIONS", "/streamTickets", "").Header().Get("Allow"))
}

// What opens a stream is nobody's business but the service's.
func TestTicketsAndTokensAreNowhereWritten(t *testing.T) {
	var log bytes.Buffer
	spans := tracetest.NewSpanRecorder()
	w := newTicketWorld(t, func(c *gateway.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	ticket := w.ticket(t, track)
	w.order.set(func(b *backend) {
		b.track = func(*orderv1.TrackOrderRequest, grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			return errors.New("a fault that is logged")
		}
	})
	for _, reason := range []string{"INTERNAL", "TICKET_USED"} {
		got := w.ask(t, "GET", track+"?ticket="+ticket, "")
		require.Equal(t, reason, got.reason())
		log.Write(got.Body.Bytes())
	}
	require.Contains(t, log.String(), "a fault that is logged")
	for _, s := range spans.Ended() {
		fmt.Fprint(&log, s.Name(), s.Attributes(), s.Events(), s.Status())
	}
	require.NotEmpty(t, spans.Ended())
	require.NotContains(t, log.String(), ticket)
	require.NotContains(t, log.String(), "secret")
}

func TestAPageOfAnotherOriginGetsATicket(t *testing.T) {
	w := newTicketWorld(t, func(c *gateway.Config) { c.CORSOrigins = []string{"https://shop.example"} })
	got := w.ask(t, "OPTIONS", "/streamTickets", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "POST")
	require.Equal(t, 204, got.Code)
	require.Contains(t, got.Header().Get("Access-Control-Allow-Headers"), "Last-Event-ID")
	got = w.ask(t, "GET", track+"?ticket="+w.ticket(t, track), "", "Origin", "https://shop.example")
	require.Equal(t, 200, got.Code)
	require.Equal(t, "https://shop.example", got.Header().Get("Access-Control-Allow-Origin"))
}
