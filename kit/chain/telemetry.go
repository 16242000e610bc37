package chain

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// telemetry makes a span of each call and counts it. Nothing of a request or of its caller gets in, so that
// neither spans nor metrics hold personal data.
type telemetry struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	methods  sync.Map // full method → *method; only served methods come here, so it is bounded
}

// method is what is alike in all calls of one method, made once because it is needed in each.
type method struct {
	name   string
	start  trace.SpanStartEventOption
	kind   trace.SpanStartOption
	flight metric.MeasurementOption
	active atomic.Int64 // calls under way
	codes  [codes.Unauthenticated + 1]metric.MeasurementOption
}

// buckets of the duration histogram, in seconds.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func newTelemetry(tracer trace.Tracer, meter metric.Meter) *telemetry {
	duration, err := meter.Float64Histogram("kept_rpc_duration_seconds", metric.WithUnit("s"),
		metric.WithDescription("How long calls took."), metric.WithExplicitBucketBoundaries(buckets...))
	if err != nil {
		otel.Handle(err) // the instrument works all the same, or does nothing
	}
	t := &telemetry{tracer: tracer, duration: duration}
	_, err = meter.Int64ObservableUpDownCounter("kept_rpc_in_flight",
		metric.WithDescription("How many calls are under way."), metric.WithInt64Callback(t.observe))
	if err != nil {
		otel.Handle(err)
	}
	return t
}

// observe tells how many calls are under way, when somebody asks: counting up and down as they come and go would
// cost each call more.
func (t *telemetry) observe(_ context.Context, to metric.Int64Observer) error {
	t.methods.Range(func(_, m any) bool {
		to.Observe(m.(*method).active.Load(), m.(*method).flight)
		return true
	})
	return nil
}

func (t *telemetry) step(ctx context.Context, c *call) error {
	m := t.method(c.method)
	ctx, span := t.tracer.Start(parent(ctx), m.name, m.start, m.kind)
	defer span.End()
	m.active.Add(1)
	defer m.active.Add(-1)
	began := time.Now()

	err := c.next(ctx)

	code := status.Code(err)
	t.duration.Record(ctx, time.Since(began).Seconds(), m.codes[min(code, codes.Unauthenticated)])
	if span.IsRecording() {
		span.SetAttributes(attribute.Int64("rpc.grpc.status_code", int64(code)))
		if ours(code) {
			span.SetStatus(otelcodes.Error, code.String())
		}
	}
	return err
}

// ours tells the codes that are the server's fault (OpenTelemetry's conventions for gRPC servers).
func ours(code codes.Code) bool {
	switch code {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		return true
	}
	return false
}

func (t *telemetry) method(full string) *method {
	if m, ok := t.methods.Load(full); ok {
		return m.(*method)
	}
	m, _ := t.methods.LoadOrStore(full, newMethod(full))
	return m.(*method)
}

func newMethod(full string) *method {
	m := &method{
		name:   strings.TrimPrefix(full, "/"),
		start:  trace.WithAttributes(rpcAttributes(full)...),
		kind:   trace.WithSpanKind(trace.SpanKindServer),
		flight: metric.WithAttributeSet(attribute.NewSet(attribute.String("method", full))),
	}
	for code := range m.codes {
		m.codes[code] = metric.WithAttributeSet(attribute.NewSet(
			attribute.String("method", full), attribute.String("code", codes.Code(code).String())))
	}
	return m
}

func rpcAttributes(full string) []attribute.KeyValue {
	service, name, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	return []attribute.KeyValue{
		attribute.String("rpc.system", "grpc"),
		attribute.String("rpc.service", service),
		attribute.String("rpc.method", name),
	}
}

// parent takes the caller's span from the metadata (W3C Trace Context).
func parent(ctx context.Context) context.Context {
	given := metadata.ValueFromIncomingContext(ctx, "traceparent")
	if len(given) != 1 {
		return ctx
	}
	carrier := propagation.MapCarrier{"traceparent": given[0]}
	if state := metadata.ValueFromIncomingContext(ctx, "tracestate"); len(state) > 0 {
		carrier["tracestate"] = strings.Join(state, ",")
	}
	return propagation.TraceContext{}.Extract(ctx, carrier)
}
