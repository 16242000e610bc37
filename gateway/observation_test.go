package gateway_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"kept.dev/gateway"
)

func TestSpanIsTheParentOfTheCall(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	w := newWorld(t, func(c *gateway.Config) { c.Tracer = tracer })
	w.ask(t, "GET", "/v1/orders/secret-7", "", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

	ended := spans.Ended()
	require.Len(t, ended, 1)
	span := ended[0]
	require.Equal(t, "GET /v1/{name=orders/*}", span.Name())
	require.Equal(t, trace.SpanKindServer, span.SpanKind())
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", span.SpanContext().TraceID().String())
	require.Equal(t, "b7ad6b7169203331", span.Parent().SpanID().String())
	require.Equal(t, []string{"00-0af7651916cd43dd8448eb211c80319c-" + span.SpanContext().SpanID().String() + "-01"},
		w.order.metadata().Get("traceparent"))
	require.Contains(t, span.Attributes(), attribute.Int("http.response.status_code", 200))
	for _, a := range span.Attributes() {
		require.NotContains(t, a.Value.String(), "secret-7")
	}
	w.ask(t, "GET", "/v1/orders/1?x=y", "")
	require.Len(t, spans.Ended(), 2, "a request that is refused has a span, too")
}

func TestRequestsAreMeasuredByRoute(t *testing.T) {
	reader := metric.NewManualReader()
	meter := metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	w := newWorld(t, func(c *gateway.Config) { c.Meter = meter })
	w.ask(t, "GET", "/v1/orders/secret-7", "")
	w.ask(t, "GET", "/v1/orders/8", "")
	w.ask(t, "GET", "/v1/orders/8?x=y", "")
	w.ask(t, "BREW", "/v1/nothing/secret-8", "")
	w.ask(t, "GET", "/healthz", "")

	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	counts := map[string]uint64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		require.Equal(t, "kept_http_request_duration_seconds", m.Name)
		histogram, ok := m.Data.(metricdata.Histogram[float64])
		require.True(t, ok)
		for _, p := range histogram.DataPoints {
			var labels []string
			for _, a := range p.Attributes.ToSlice() {
				labels = append(labels, string(a.Key)+"="+a.Value.String())
			}
			counts[strings.Join(labels, " ")] += p.Count
		}
	}
	require.Equal(t, map[string]uint64{
		"code=200 method=GET route=/v1/{name=orders/*}": 2,
		"code=400 method=GET route=/v1/{name=orders/*}": 1,
		"code=404 method=other route=unmatched":         1,
		"code=200 method=GET route=/healthz":            1,
	}, counts)
}
