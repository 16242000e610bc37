// Package observability proves what can be seen of the suite from outside: traces, metrics, logs; and what must not be.
package observability

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/telemetry"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

// watched is a suite of which everything is recorded.
type watched struct {
	suite *embedded.Suite
	env   scenario.Environment
	spans *tracetest.InMemoryExporter
	seen  *telemetry.Telemetry
	log   *lockedBuffer
}

func watch(t *testing.T) *watched {
	t.Helper()
	return watchWith(t, kit.Mail{})
}

// watchWith is watch with mail of its own.
func watchWith(t *testing.T, mail kit.Mail) *watched {
	t.Helper()
	w := &watched{spans: tracetest.NewInMemoryExporter(), log: &lockedBuffer{}}
	level := &slog.LevelVar{}
	level.Set(slog.LevelDebug)
	seen, err := telemetry.Setup(t.Context(), telemetry.Config{
		Service: "kept", Version: "test", SampleRatio: 1, LogLevel: level, Out: w.log, Spans: w.spans,
	})
	require.NoError(t, err)
	w.seen = seen
	w.suite, w.env = environment.EmbeddedWith(t, embedded.Config{
		Dir: t.TempDir(), Sandbox: true, Mail: mail, Log: seen.Logger, Tracer: seen.TracerProvider, Meter: seen.MeterProvider,
	})
	return w
}

func (w *watched) call(t *testing.T, method, path, body string, header ...string) string {
	t.Helper()
	return call(t, w.env, method, path, body, header...)
}

// call calls as an admin and returns whatever is answered.
func call(t *testing.T, env scenario.Environment, method, path, body string, header ...string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, env.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	raw, err := env.Token(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"})
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+raw)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := env.HTTP.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(text)
}

func (w *watched) metrics() string {
	rec := httptest.NewRecorder()
	w.seen.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// marked is a trace that the caller has begun.
const (
	markedTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	marked      = "00-" + markedTrace + "-00f067aa0ba902b7-01"
)

// TestOneTraceFromRESTToTheConsumersRows follows the caller's own trace through every hop.
func TestOneTraceFromRESTToTheConsumersRows(t *testing.T) {
	w := watch(t)
	w.call(t, http.MethodPost, "/v1/customers", `{"displayName": "Olena"}`, "traceparent", marked)
	tree := func() map[string]string {
		parents := map[string]string{}
		names := map[string]string{}
		for _, s := range w.spans.GetSpans() {
			names[s.SpanContext.SpanID().String()] = s.Name
		}
		for _, s := range w.spans.GetSpans() {
			if s.SpanContext.TraceID().String() == markedTrace {
				parents[s.Name] = names[s.Parent.SpanID().String()]
			}
		}
		return parents
	}
	const (
		rest    = "POST /v1/customers"
		rpc     = "kept.customer.v1.CustomerService/CreateCustomer"
		rows    = "db.update /kept.customer.v1.CustomerService/CreateCustomer"
		consume = "consume kept.customer.v1.CustomerCreated"
		contact = "consume kept.customer.v1.CustomerContactChanged"
	)
	require.Eventually(t, func() bool {
		now := tree()
		return now[consume] != "" && now[contact] != ""
	}, 5*time.Second, 5*time.Millisecond,
		"spans of the trace: %v", tree())
	require.Equal(t, map[string]string{rest: "", rpc: rest, rows: rpc, consume: rpc, contact: rpc}, tree(), "each span under its parent")
}

// TestStoryIsCounted plays S07 and looks for what platform teams watch.
func TestStoryIsCounted(t *testing.T) {
	w := watch(t)
	_, err := scenario.Run(t.Context(), w.env, scenario.Story{Number: "S07", Run: scenario.S07})
	require.NoError(t, err)
	text := w.metrics()
	for _, line := range []string{
		`kept_promises_total{kind="delivery",`, `state="BROKEN"`, `state="KEPT"`, `state="RELEASED"`,
		`kept_rpc_duration_seconds_count{`, `kept_http_request_duration_seconds_count{`,
		`kept_outbox_lag_seconds{`, `kept_outbox_length{`, `kept_timer_lag_seconds{`, `kept_timer_due{`,
		`kept_dead_letters{`, `kept_commit_group_size_count{`,
	} {
		require.Contains(t, text, line)
	}
}

// TestOpenPromisesAreCounted follows the gauge from an order to its promise's end.
func TestOpenPromisesAreCounted(t *testing.T) {
	w := watch(t)
	order := placeOrder(t, w.env)
	for _, step := range []struct{ by, state string }{{"0s", "OPEN"}, {"86399s", "AT_RISK"}, {"172800s", ""}} {
		w.call(t, http.MethodPost, "/v1/sandbox/clock:advance", `{"duration": "`+step.by+`"}`)
		for _, state := range []string{"OPEN", "AT_RISK", "DUE"} {
			n := 0
			if state == step.state {
				n = 1
			}
			require.Contains(t, w.metrics(), fmt.Sprintf("kept_open_promises{kind=\"delivery\",state=%q} %d\n", state, n), "%s after %s", order, step.by)
		}
	}
}

// lockedBuffer takes log lines from many goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
