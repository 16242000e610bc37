package chain_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
)

// observed is a bench whose spans and metrics can be read.
type observed struct {
	*bench
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
}

func newObserved(t *testing.T) *observed {
	t.Helper()
	o := &observed{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	o.bench = newBench(t, func(c *chain.Config) {
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(o.spans)).Tracer("test")
		c.Meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(o.reader)).Meter("test")
	})
	return o
}

func (o *observed) metric(t *testing.T, name string) metricdata.Aggregation {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, o.reader.Collect(context.WithoutCancel(t.Context()), &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				return m.Data
			}
		}
	}
	require.Fail(t, "no metric "+name)
	return nil
}

func TestASpanOfEachCall(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		code   codes.Code
		status otelcodes.Code
	}{
		"well":            {nil, codes.OK, otelcodes.Unset},
		"caller's fault":  {errs.NotFound("orders/1"), codes.NotFound, otelcodes.Unset},
		"refused":         {errs.Refused("NO", "no"), codes.FailedPrecondition, otelcodes.Unset},
		"our fault":       {errors.New("x"), codes.Internal, otelcodes.Error},
		"unavailable":     {errs.Unavailable("X", "x"), codes.Unavailable, otelcodes.Error},
		"took too long":   {context.DeadlineExceeded, codes.DeadlineExceeded, otelcodes.Error},
		"caller has left": {context.Canceled, codes.Canceled, otelcodes.Unset},
	} {
		t.Run(name, func(t *testing.T) {
			o := newObserved(t)
			ctx := as(t.Context(), ada, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
				"tracestate", "vendor=1")
			_ = o.call(ctx, replay, sound, func(context.Context) error { return tc.err })
			require.Len(t, o.spans.Ended(), 1)
			span := o.spans.Ended()[0]
			require.Equal(t, replay[1:], span.Name())
			require.Equal(t, trace.SpanKindServer, span.SpanKind())
			require.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", span.SpanContext().TraceID().String())
			require.Equal(t, "00f067aa0ba902b7", span.Parent().SpanID().String())
			require.Equal(t, "vendor=1", span.SpanContext().TraceState().String())
			require.Equal(t, tc.status, span.Status().Code)
			require.ElementsMatch(t, []attribute.KeyValue{
				attribute.String("rpc.system", "grpc"),
				attribute.String("rpc.service", "kept.ops.v1.DeadLetterService"),
				attribute.String("rpc.method", "ReplayDeadLetter"),
				attribute.Int64("rpc.grpc.status_code", int64(tc.code)),
			}, span.Attributes(), "and nothing of the caller")
			require.Empty(t, span.Events())
		})
	}
}

func TestABrokenTraceparentBeginsATraceOfItsOwn(t *testing.T) {
	for _, given := range []string{"", "nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"} {
		o := newObserved(t)
		require.NoError(t, o.call(as(t.Context(), ada, "traceparent", given), replay, sound, well))
		require.False(t, o.spans.Ended()[0].Parent().IsValid())
		require.True(t, o.spans.Ended()[0].SpanContext().IsValid())
	}
}

func TestCallsAreCounted(t *testing.T) {
	o := newObserved(t)
	require.NoError(t, o.call(as(t.Context(), ada), replay, sound, func(ctx context.Context) error {
		require.Equal(t, map[string]int64{replay: 1}, o.inFlight(t))
		return nil
	}))
	require.Equal(t, map[string]int64{replay: 0}, o.inFlight(t))
	_ = o.call(as(t.Context(), anna), replay, sound, well)
	_ = o.call(as(t.Context(), anna), replay, sound, well)

	counts := map[string]uint64{}
	durations := o.metric(t, "kept_rpc_duration_seconds").(metricdata.Histogram[float64])
	for _, p := range durations.DataPoints {
		require.Equal(t, 2, p.Attributes.Len(), "method and code, nothing of the caller")
		method, _ := p.Attributes.Value("method")
		code, _ := p.Attributes.Value("code")
		counts[fmt.Sprint(method.AsString(), " ", code.AsString())] = p.Count
		require.Less(t, p.Sum, 1.0, "seconds")
	}
	require.Equal(t, map[string]uint64{replay + " OK": 1, replay + " PermissionDenied": 2}, counts)
}

func (o *observed) inFlight(t *testing.T) map[string]int64 {
	t.Helper()
	now := map[string]int64{}
	for _, p := range o.metric(t, "kept_rpc_in_flight").(metricdata.Sum[int64]).DataPoints {
		method, _ := p.Attributes.Value("method")
		now[method.AsString()] = p.Value
	}
	return now
}
