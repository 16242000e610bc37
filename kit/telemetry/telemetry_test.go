package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/slogtest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"kept.dev/kit/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setup(t *testing.T, cfg telemetry.Config) *telemetry.Telemetry {
	cfg.Service, cfg.Version = "order", "1.2.3"
	if cfg.Out == nil {
		cfg.Out = &bytes.Buffer{}
	}
	tel, err := telemetry.Setup(t.Context(), cfg)
	require.NoError(t, err)
	return tel
}

func TestWithoutCollectorIDsAreMadeAndNothingIsRecorded(t *testing.T) {
	tel := setup(t, telemetry.Config{SampleRatio: 1})
	defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()

	ctx, parent := tel.TracerProvider.Tracer("t").Start(t.Context(), "parent")
	_, child := tel.TracerProvider.Tracer("t").Start(ctx, "child")
	require.True(t, parent.SpanContext().IsValid())
	require.Equal(t, parent.SpanContext().TraceID(), child.SpanContext().TraceID())
	require.NotEqual(t, parent.SpanContext().SpanID(), child.SpanContext().SpanID())
	require.False(t, child.IsRecording())
}

func TestSpansGoToTheGivenExporter(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tel := setup(t, telemetry.Config{SampleRatio: 1, Spans: spans})
	_, span := tel.TracerProvider.Tracer("t").Start(t.Context(), "work")
	span.End()
	require.Len(t, spans.GetSpans(), 1)
	require.Contains(t, spans.GetSpans()[0].Resource.String(), "service.name=order")
	require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context())))
}

func TestRatioOfZeroRecordsOnlyWhatCallersRecord(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tel := setup(t, telemetry.Config{Spans: spans})
	tracer := tel.TracerProvider.Tracer("t")
	_, own := tracer.Start(t.Context(), "own")
	own.End()
	_, called := tracer.Start(trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: true,
	})), "called")
	called.End()
	require.Len(t, spans.GetSpans(), 1)
	require.Equal(t, "called", spans.GetSpans()[0].Name)
	require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context())))
}

// collector keeps the names of the spans it was sent.
type collector struct {
	coltracepb.UnimplementedTraceServiceServer
	mu    sync.Mutex
	names []string
}

func (c *collector) Export(_ context.Context, req *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range req.GetResourceSpans() {
		for _, s := range r.GetScopeSpans() {
			for _, span := range s.GetSpans() {
				c.names = append(c.names, span.GetName())
			}
		}
	}
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

func TestShutdownSendsSpansToTheCollector(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got := &collector{}
	server := grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(server, got)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	tel := setup(t, telemetry.Config{SampleRatio: 1, OTLPEndpoint: "http://" + listener.Addr().String()})
	_, span := tel.TracerProvider.Tracer("t").Start(t.Context(), "work")
	span.End()
	require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context())))
	server.Stop()
	require.NoError(t, <-served)
	require.Equal(t, []string{"work"}, got.names)
}

func TestMetricsAreServed(t *testing.T) {
	tel := setup(t, telemetry.Config{})
	defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
	duration, err := tel.MeterProvider.Meter("t").Float64Histogram("kept.call.duration", metric.WithUnit("s"))
	require.NoError(t, err)
	duration.Record(t.Context(), .002)

	answer := httptest.NewRecorder()
	tel.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Contains(t, answer.Body.String(), `kept_call_duration_seconds_bucket{le="0.0025"} 1`)
	require.Contains(t, answer.Body.String(), `service_name="order"`)
	require.Contains(t, answer.Body.String(), "go_goroutines")
	require.Regexp(t, `kept_build_info\{go_version="go1[^"]+",version="1.2.3"\} 1`, answer.Body.String())
}

func TestTwoLiveSideBySide(t *testing.T) {
	for range 2 {
		tel := setup(t, telemetry.Config{})
		defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
	}
}

func TestLogLinesCarryTraceIDs(t *testing.T) {
	var out bytes.Buffer
	level := &slog.LevelVar{}
	tel := setup(t, telemetry.Config{Out: &out, LogLevel: level})
	defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
	ctx, span := tel.TracerProvider.Tracer("t").Start(t.Context(), "work")

	tel.Logger.DebugContext(ctx, "too quiet")
	require.Empty(t, out.String())
	level.Set(slog.LevelDebug)
	tel.Logger.With("a", 1).WithGroup("g").With("b", 2).DebugContext(ctx, "heard", "c", 3)

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, span.SpanContext().TraceID().String(), line["trace_id"])
	require.Equal(t, span.SpanContext().SpanID().String(), line["span_id"])
	require.Equal(t, "order", line["service"])
	require.EqualValues(t, 1, line["a"])
	require.Equal(t, map[string]any{"b": 2., "c": 3.}, line["g"])
}

func TestLogLinesNameOneService(t *testing.T) {
	var out bytes.Buffer
	tel := setup(t, telemetry.Config{Out: &out})
	defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
	tel.Logger.With("service", "loyalty", "a", 1).With("b", 2).WithGroup("g").Info("hello", "service", "of another kind")
	require.Regexp(t, `"msg":"hello","a":1,"b":2,"service":"loyalty","g":\{"service":"of another kind"\}\}`, out.String())
}

func TestLoggerKeepsTheRulesOfSlog(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		out.Reset()
		tel := setup(t, telemetry.Config{Out: &out})
		t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
		return tel.Logger.Handler()
	}, func(t *testing.T) map[string]any {
		var line map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		return line
	})
}

func TestTextLog(t *testing.T) {
	var out bytes.Buffer
	tel := setup(t, telemetry.Config{Out: &out, LogFormat: "text"})
	tel.Logger.Info("hello")
	require.Contains(t, out.String(), "msg=hello service=order")
	require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context())))
}

func TestSetupRefusals(t *testing.T) {
	for name, cfg := range map[string]telemetry.Config{
		"sample ratio": {SampleRatio: 1.5},
		"format":       {LogFormat: "xml"},
		"collector":    {OTLPEndpoint: "collector:4317"},
	} {
		_, err := telemetry.Setup(t.Context(), cfg)
		require.ErrorContains(t, err, name)
	}
}
