package gateway

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// measures count and time requests, by the route's template, the method and the status: never by a raw path, which
// has ids in it and has no end of values.
type measures struct {
	duration  metric.Float64Histogram
	streams   metric.Int64UpDownCounter
	unmatched *measure
}

// measure is the measures of one route.
type measure struct {
	route string
	spans sync.Map // method -> *spanStart, made once
	sets  sync.Map // outcome -> []metric.RecordOption, made once
}

type outcome struct {
	method string
	status int
}

func newMeasures(meter metric.Meter) (*measures, error) {
	duration, err := meter.Float64Histogram("kept_http_request_duration_seconds",
		metric.WithDescription("How long REST requests took."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	if err != nil {
		return nil, fmt.Errorf("making the histogram of requests: %w", err)
	}
	streams, err := meter.Int64UpDownCounter("kept_http_open_streams", metric.WithDescription("Streams that clients follow."))
	if err != nil {
		return nil, fmt.Errorf("making the counter of streams: %w", err)
	}
	m := &measures{duration: duration, streams: streams}
	m.unmatched = m.of("unmatched")
	return m, nil
}

func (m *measures) of(route string) *measure { return &measure{route: route} }

// known keeps a client from making up methods as label values.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	}
	return "other"
}

func (m *measure) options(o outcome) []metric.RecordOption {
	if made, ok := m.sets.Load(o); ok {
		options, _ := made.([]metric.RecordOption)
		return options
	}
	options := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(
		attribute.String("route", m.route), attribute.String("method", o.method), attribute.Int("code", o.status)))}
	m.sets.Store(o, options)
	return options
}

// startSpan begins the request's span, as a child of the caller's if there is one.
func (x *exchange) startSpan() {
	ctx := x.r.Context()
	if parent := x.r.Header["Traceparent"]; len(parent) == 1 {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier{"Traceparent": parent})
	}
	begin := x.measure.start(known(x.r.Method))
	x.ctx, x.span = x.g.config.Tracer.Start(ctx, begin.name, begin.options...)
}

// spanStart is how the spans of a route and method begin.
type spanStart struct {
	name    string
	options []trace.SpanStartOption
}

func (m *measure) start(method string) *spanStart {
	if made, ok := m.spans.Load(method); ok {
		start, _ := made.(*spanStart)
		return start
	}
	start := &spanStart{name: method + " " + m.route, options: []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", m.route))}}
	m.spans.Store(method, start)
	return start
}

// countStreams counts a stream in or out.
func (x *exchange) countStreams(n int64) {
	x.g.measures.streams.Add(x.r.Context(), n, metric.WithAttributes(attribute.String("route", x.measure.route)))
}

// observe ends the span and records how long the request took; a stream, how long it took to open.
func (x *exchange) observe() {
	if x.span != nil {
		if x.span.IsRecording() {
			x.span.SetAttributes(attribute.Int("http.response.status_code", x.status))
			if x.status >= http.StatusInternalServerError {
				x.span.SetStatus(otelcodes.Error, http.StatusText(x.status))
			}
		}
		x.span.End()
	}
	if x.took == 0 {
		x.took = time.Since(x.began)
	}
	x.g.measures.duration.Record(x.r.Context(), x.took.Seconds(),
		x.measure.options(outcome{known(x.r.Method), x.status})...)
}
