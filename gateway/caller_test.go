package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/gateway"
	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// callers is a verifier for which a token is the name of its bearer; it notes where tokens came from.
type callers struct{ from []string }

func (c *callers) Verify(_ context.Context, raw string, from func() string) (token.Identity, error) {
	c.from = append(c.from, from())
	roles := map[string]accessv1.Role{"admins/ada": accessv1.Role_ROLE_ADMIN, "guests/guy": accessv1.Role_ROLE_GUEST}
	if roles[raw] == 0 {
		return token.Identity{}, errs.Unauthenticated("TOKEN_INVALID", "not one of ours")
	}
	return token.Identity{Principal: access.Principal{Role: roles[raw], Subject: raw}, Until: time.Now().Add(10 * time.Second)}, nil
}

func verified(c *gateway.Config) {
	c.Verifier = &callers{}
	c.Token = func(context.Context) string { return "of the gateway" }
}

// withAction gives the world an action that anybody with its link may take.
func withAction(w *world) *world {
	w.notification.action = &notificationv1.Action{State: notificationv1.Action_AVAILABLE}
	return w
}

// never is a body that must not be read.
type never struct{ t *testing.T }

func (n never) Read([]byte) (int, error) {
	n.t.Error("the body was read")
	return 0, errors.New("read")
}

func TestWhoIsRefusedSendsNoBody(t *testing.T) {
	w := newWorld(t, verified)
	for name, tc := range map[string]struct {
		method, path, token string
		status              int
	}{
		"no such path":      {"POST", "/v1/nothing", "admins/ada", 404},
		"no such method":    {"DELETE", "/v1/orders", "admins/ada", 405},
		"no token":          {"POST", "/v1/orders", "", 401},
		"a forged token":    {"POST", "/v1/orders", "forged", 401},
		"the wrong role":    {"POST", "/v1/orders/1:pick", "guests/guy", 403},
		"an unknown field":  {"POST", "/v1/orders?no=1", "admins/ada", 400},
		"a file":            {"PUT", "/v1/imports/1/content", "", 401},
		"a stream's ticket": {"POST", "/streamTickets", "forged", 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, never{t})
			r.ContentLength = 1 << 19
			r.Header.Set("Content-Type", "application/json")
			if tc.token != "" {
				r.Header.Set("Authorization", "Bearer "+tc.token)
			}
			got := httptest.NewRecorder()
			w.ServeHTTP(got, r)
			require.Equal(t, tc.status, got.Code, got.Body)
			require.Equal(t, "close", got.Header().Get("Connection"), "what would come of the body is not waited for")
		})
	}
	require.Equal(t, 200, w.ask(t, "POST", "/v1/orders", order, "Authorization", "Bearer admins/ada").Code)
}

// Over a real connection the answer comes though the body never does.
func TestTheAnswerDoesNotWaitForTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, path := range []string{"/v1/nothing", "/v1/orders", "/a/0190", "/streamTickets"} {
			conn := dial(t, withAction(newWorld(t, verified)))
			answer := answered(t, conn)
			began := time.Now()
			_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", path)
			require.NoError(t, err)
			require.Regexp(t, "^(200|401|404) ", <-answer)
			require.Zero(t, time.Since(began), path)
		}
	})
}

func TestRefusalsAreLimitedByAddress(t *testing.T) {
	w := newWorld(t, verified)
	codes := map[int]int{}
	var last *httptest.ResponseRecorder
	ask := func(address string) int {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/orders/1", nil)
		r.RemoteAddr = address
		last = httptest.NewRecorder()
		w.ServeHTTP(last, r)
		return last.Code
	}
	for codes[429] == 0 && codes[401] < 100_000 {
		codes[ask("192.0.2.1:4711")]++
	}
	require.Equal(t, 1, codes[429])
	require.GreaterOrEqual(t, codes[401], 500)
	require.NotEmpty(t, last.Header().Get("Retry-After"))
	require.Equal(t, 401, ask("192.0.2.2:4711"), "others are told as before")
	require.Equal(t, 200, w.ask(t, "GET", "/v1/orders/1", "", "Authorization", "Bearer admins/ada").Code)
}

func TestAnonymousCallersMaySendLess(t *testing.T) {
	w := withAction(newWorld(t, verified))
	file := func(n int) string { return order + strings.Repeat(" ", n-len(order)) }
	require.Equal(t, 200, w.ask(t, "POST", "/v1/orders", file(1<<20), "Authorization", "Bearer admins/ada").Code)
	long := w.ask(t, "POST", "/v1/actions/1:take", "{}"+strings.Repeat(" ", 64<<10))
	require.Equal(t, 413, long.Code, long.Body)
	require.Contains(t, long.Body.String(), "65536 bytes")
}

func TestServicesLearnWhereCallsComeFrom(t *testing.T) {
	w := withAction(newWorld(t, verified, func(c *gateway.Config) { c.TrustedProxies = []string{"10.0.0.0/8"} }))
	ask := func(remote, token string, forwarded ...string) (address, proof []string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/actions/1:take", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr, r.Header["X-Forwarded-For"] = remote, forwarded
		r.Header.Set("X-Kept-Client-Address", "203.0.113.99")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w.ServeHTTP(httptest.NewRecorder(), r)
		md := w.notification.metadata()
		return md.Get("x-kept-client-address"), md.Get("x-kept-gateway-token")
	}
	for name, tc := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"directly":                   {"192.0.2.1:4711", nil, "192.0.2.1"},
		"what a stranger says":       {"192.0.2.1:4711", []string{"203.0.113.9"}, "192.0.2.1"},
		"what a proxy says":          {"10.1.2.3:4711", []string{"203.0.113.9"}, "203.0.113.9"},
		"behind two proxies":         {"10.1.2.3:4711", []string{"198.51.100.7, 203.0.113.9", "10.9.9.9"}, "203.0.113.9"},
		"a proxy that says nothing":  {"10.1.2.3:4711", nil, "10.1.2.3"},
		"a proxy that says nonsense": {"10.1.2.3:4711", []string{"unknown"}, "10.1.2.3"},
		"a network of IPv6":          {"[2001:db8::1]:4711", nil, "2001:db8::/64"},
	} {
		address, proof := ask(tc.remote, "", tc.forwarded...)
		require.Equal(t, []string{tc.want}, address, name)
		require.Equal(t, []string{"of the gateway"}, proof, name)
	}
	address, proof := ask("192.0.2.1:4711", "admins/ada")
	require.Equal(t, []string{"192.0.2.1"}, address, "services look at the token again, and must not count it against the gateway")
	require.Equal(t, []string{"of the gateway"}, proof)
	_, err := gateway.New(gateway.Config{TrustedProxies: []string{"10.0.0.1"}})
	require.ErrorContains(t, err, `"10.0.0.1" is no network`)
}

// Forged tickets are limited as forged tokens are.
func TestForgedTicketsAreLimitedByAddress(t *testing.T) {
	w := newTicketWorld(t, verified)
	codes := map[int]int{}
	for codes[429] == 0 && codes[401] < 100_000 {
		codes[w.ask(t, "GET", track+"?ticket=forged", "").Code]++
	}
	require.Equal(t, 1, codes[429])
	require.GreaterOrEqual(t, codes[401], 500)
}

// A ticket is good for no longer than the token that it stands for.
func TestATicketExpiresWithItsToken(t *testing.T) {
	w := newWorld(t, verified)
	got := w.ask(t, "POST", "/streamTickets", `{"path": "/v1/orders/1:track"}`, "Authorization", "Bearer admins/ada")
	require.Equal(t, 200, got.Code, got.Body)
	text, _ := got.json()["expireTime"].(string)
	expires, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	require.Less(t, time.Until(expires), 11*time.Second)
}

func TestATrailingColonIsNoPath(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/v1/orders/1:", "/v1/orders/1:cancel:", "/v1/orders:", "/v1/orders/:"} {
		require.Equal(t, 404, w.ask(t, "GET", path, "").Code, path)
	}
}

// trickle is a body that brings one byte each time, and nothing after the last.
type trickle struct{ left int }

func (s *trickle) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.left--
	b[0] = ' '
	return 1, nil
}

func TestABodyIsReadWhateverItsPieces(t *testing.T) {
	w := newWorld(t, func(c *gateway.Config) { c.MaxBody = 5000 })
	for _, length := range []int{4096 - len(order), 4097 - len(order), 5000 - len(order)} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/orders", io.MultiReader(strings.NewReader(order), &trickle{length}))
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = int64(len(order) + length)
		got := httptest.NewRecorder()
		w.ServeHTTP(got, r)
		require.Equal(t, 200, got.Code, got.Body)
		request, _ := w.order.request().(*orderv1.CreateOrderRequest)
		require.NotEmpty(t, request.GetOrder().GetLines())
	}
}

var _ http.Handler = (*world)(nil)
