package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/gateway"
	"kept.dev/kit/errs"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

const link = "/a/0190.wait.c2lnbmF0dXJl-_"

func (b *backend) GetAction(_ context.Context, r *notificationv1.GetActionRequest) (*notificationv1.Action, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	action := proto.CloneOf(b.action)
	action.Name = r.GetName()
	return action, nil
}

func (b *backend) TakeAction(_ context.Context, r *notificationv1.TakeActionRequest) (*notificationv1.Action, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return nil, b.refuse
	}
	b.taken++
	b.action.State, b.action.Confirmation = notificationv1.Action_TAKEN, "Done & dusted"
	return b.action, nil
}

// newActionWorld has one action behind it.
func newActionWorld(t *testing.T, state notificationv1.Action_State, language string, change ...func(*gateway.Config)) *world {
	w := newWorld(t, change...)
	w.notification.set(func(b *backend) {
		b.action = &notificationv1.Action{Title: `Your <tea> & "pot"`, Label: "Wait <b>", Choice: "WAIT", About: "orders/1", State: state,
			LanguageCode: language, ExpireTime: &timestamppb.Timestamp{Seconds: 1_800_000_000}}
	})
	return w
}

func TestLookingAtAnActionDoesNothing(t *testing.T) {
	w := newActionWorld(t, notificationv1.Action_AVAILABLE, "en")
	for _, method := range []string{"GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE", "PATCH", "BREW"} {
		w.ask(t, method, link, "")
	}
	require.Zero(t, w.notification.taken)

	got := w.ask(t, "GET", link, "", "Authorization", "Bearer abc", "Cookie", "a=b")
	require.Equal(t, 200, got.Code)
	require.Empty(t, w.notification.metadata().Get("authorization"), "the link is all that counts")
	sent, ok := w.notification.request().(*notificationv1.GetActionRequest)
	require.True(t, ok)
	require.Equal(t, "actions/0190.wait.c2lnbmF0dXJl-_", sent.GetName())
	page := got.Body.String()
	for _, part := range []string{`lang="en"`, "Your &lt;tea&gt; &amp; &#34;pot&#34;", `<form method="post"><button>Wait &lt;b&gt;</button></form>`,
		`<time datetime="2027-01-15T08:00:00Z">15.01.2027 08:00 UTC</time>`, "orders/1", `name="robots" content="noindex`} {
		require.Contains(t, page, part)
	}
	require.NotContains(t, page, "<script")
	require.NotContains(t, page, "http://")
	require.NotContains(t, page, "https://")
	for name, value := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"X-Robots-Tag": "noindex, nofollow", "X-Content-Type-Options": "nosniff", "Content-Language": "en",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	} {
		require.Equal(t, value, got.Header().Get(name), name)
	}
	require.Equal(t, 200, w.ask(t, "GET", "/action.css", "").Code)
	require.Equal(t, "GET, HEAD, OPTIONS, POST", w.ask(t, "OPTIONS", link, "").Header().Get("Allow"))
}

func TestTakingAnAction(t *testing.T) {
	w := newActionWorld(t, notificationv1.Action_AVAILABLE, "en")
	for range 2 { // pressing twice is as good as once
		got := w.ask(t, "POST", link, "x=y", "Content-Type", "", "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, 200, got.Code)
		require.Contains(t, got.Body.String(), "Done &amp; dusted")
		require.NotContains(t, got.Body.String(), "<form")
	}
	require.Equal(t, 2, w.notification.taken, "each is the service's to judge")
	require.Contains(t, w.ask(t, "GET", link, "").Body.String(), "Done &amp; dusted")
}

func TestActionsThatCanNotBeTaken(t *testing.T) {
	for name, c := range map[string]struct {
		state  notificationv1.Action_State
		refuse error
		status int
		says   string
	}{
		"expired":    {notificationv1.Action_EXPIRED, errs.Refused("ACTION_EXPIRED", "x"), 410, "The time to choose is over"},
		"superseded": {notificationv1.Action_SUPERSEDED, errs.Refused("ACTION_SUPERSEDED", "x"), 410, "This has been decided already"},
		"refused":    {notificationv1.Action_AVAILABLE, errs.Refused("ORDER_STATE", "x"), 409, "This choice can’t be made now"},
		"unknown":    {notificationv1.Action_AVAILABLE, errs.NotFound("actions/0190"), 404, "We do not know this link"},
		"malformed":  {notificationv1.Action_AVAILABLE, errs.Invalid("name", "is none"), 404, "We do not know this link"},
		"away":       {notificationv1.Action_AVAILABLE, status.Error(codes.Unavailable, "10.0.0.7"), 503, "Nothing has been decided yet"},
		"fault":      {notificationv1.Action_AVAILABLE, errors.New("10.0.0.7"), 503, "Nothing has been decided yet"},
	} {
		w := newActionWorld(t, c.state, "en")
		w.notification.set(func(b *backend) { b.refuse = c.refuse })
		got := w.ask(t, "POST", link, "")
		require.Equal(t, c.status, got.Code, name)
		require.Contains(t, got.Body.String(), c.says, name)
		require.NotContains(t, got.Body.String(), "<form")
		require.NotContains(t, got.Body.String(), "10.0.0.7")
		if c.state != notificationv1.Action_AVAILABLE {
			require.Equal(t, c.status, w.ask(t, "GET", link, "").Code, name)
		}
	}
	w := newActionWorld(t, notificationv1.Action_AVAILABLE, "en")
	w.notification.set(func(b *backend) { b.fail = errs.NotFound("actions/0190") })
	require.Equal(t, 404, w.ask(t, "GET", link, "").Code)
	w = newActionWorld(t, notificationv1.Action_AVAILABLE, "en")
	for _, path := range []string{"/a/", "/a/x/y", "/a/%2e%2e%2f", "/a/" + strings.Repeat("x", 501), "/a/%ff", "/a/x y", "/a/%00"} {
		require.Equal(t, 404, w.ask(t, "GET", strings.ReplaceAll(path, " ", "%20"), "").Code, path)
	}
	require.Nil(t, w.notification.request())
}

// What gRPC's metadata can't carry is refused by name: passed on, it looks as if the service were away.
func TestAnActionNamesTheHeaderThatIsWrong(t *testing.T) {
	w := newActionWorld(t, notificationv1.Action_AVAILABLE, "en")
	for _, key := range []string{"ü", "", " ", strings.Repeat("k", 256), "a\x7f"} {
		got := w.ask(t, "POST", link, "", "Idempotency-Key", key)
		require.Equal(t, 400, got.Code, "%q: %s", key, got.Body)
		require.Equal(t, []string{"Idempotency-Key"}, got.fields())
	}
	require.Nil(t, w.notification.request())
	require.Equal(t, 200, w.ask(t, "POST", link, "", "Idempotency-Key", "k-1").Code)
	require.Equal(t, []string{"k-1"}, w.notification.metadata().Get("idempotency-key"))
}

func TestActionsSpeakTheirLanguage(t *testing.T) {
	for language, says := range map[string]string{"ru": "Нажмите кнопку", "uk-UA": "Натисніть кнопку", "en-GB": "Press the button",
		"de": "Press the button", "": "Press the button"} {
		require.Contains(t, newActionWorld(t, notificationv1.Action_AVAILABLE, language).ask(t, "GET", link, "").Body.String(), says, language)
	}
	for accept, says := range map[string]string{"": "We do not know", "ru": "Мы не знаем", "de, uk;q=0.5, en;q=0.4": "Ми не знаємо",
		"ru;q=0, uk-UA;q=0.1": "Ми не знаємо", "xx": "We do not know"} {
		got := newWorld(t).ask(t, "GET", "/a/!", "", "Accept-Language", accept)
		require.Contains(t, got.Body.String(), says, accept)
	}
}

// Who has the link can act: it must not lie around.
func TestActionLinksAreNowhereWritten(t *testing.T) {
	var log bytes.Buffer
	spans := tracetest.NewSpanRecorder()
	w := newActionWorld(t, notificationv1.Action_AVAILABLE, "en", func(c *gateway.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	w.notification.set(func(b *backend) { b.fail = errors.New("a fault with actions/0190.wait.c2lnbmF0dXJl-_") })
	require.Equal(t, 503, w.ask(t, "POST", link, "").Code)
	require.NotEmpty(t, log.String())
	require.NotContains(t, log.String(), "c2lnbmF0dXJl")
	require.Len(t, spans.Ended(), 1)
	require.Equal(t, "POST /a/{token}", spans.Ended()[0].Name())
	for _, a := range spans.Ended()[0].Attributes() {
		require.NotContains(t, a.Value.String(), "c2lnbmF0dXJl")
	}
}
