package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func newTraces(ctx context.Context, cfg Config, about *resource.Resource, log *slog.Logger) (*sdktrace.TracerProvider, error) {
	sampled := sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.SampleRatio)))
	switch {
	case cfg.Spans != nil:
		return sdktrace.NewTracerProvider(sdktrace.WithResource(about), sampled, sdktrace.WithSyncer(cfg.Spans)), nil
	case cfg.OTLPEndpoint == "":
		return sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSampler(sdktrace.NeverSample())), nil
	}
	if u, err := url.Parse(cfg.OTLPEndpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf(`the OTLP endpoint is like "http://collector:4317", not %q`, cfg.OTLPEndpoint)
	}
	collector, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(cfg.OTLPEndpoint))
	if err != nil {
		return nil, err
	}
	return sdktrace.NewTracerProvider(sdktrace.WithResource(about), sampled,
		sdktrace.WithBatcher(&reporting{SpanExporter: collector, log: log})), nil
}

// quiet is how long a collector's failures are not logged again.
const quiet = time.Minute

// reporting logs that a collector can't be reached, seldom, and where our log goes. The SDK would tell a global.
type reporting struct {
	sdktrace.SpanExporter
	log  *slog.Logger
	last atomic.Int64
}

func (r *reporting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := r.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	now, last := time.Now().UnixNano(), r.last.Load()
	if now-last >= int64(quiet) && r.last.CompareAndSwap(last, now) {
		r.log.WarnContext(ctx, "spans can't be sent to the collector", "lost", len(spans), "error", err)
	}
	return nil
}
