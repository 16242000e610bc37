// Package telemetry makes a process's tracer, meter and logger. They are handed on by constructor: nothing global
// is set, so that several processes' worth of services, or tests, live side by side.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says what to observe and where it goes.
type Config struct {
	Service, Version string
	// OTLPEndpoint is a collector, "http://host:4317" or "https://host:4317" (gRPC). When empty, trace ids are
	// made and passed on but no span is recorded.
	OTLPEndpoint string
	// SampleRatio is the share, 0 to 1, of the traces begun here that are recorded. A trace begun by a caller is
	// recorded if the caller's is.
	SampleRatio float64
	// LogLevel can be changed while the process runs; info when nil.
	LogLevel *slog.LevelVar
	// LogFormat is "json" (also when empty) or "text".
	LogFormat string
	// Out is where the log goes; standard error when nil.
	Out io.Writer
	// Spans, in tests, gets every span at its end, instead of a collector.
	Spans sdktrace.SpanExporter
}

// Telemetry is what a process observes itself with.
type Telemetry struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	Logger         *slog.Logger

	registry *prometheus.Registry
	tracing  *sdktrace.TracerProvider
	metering *sdkmetric.MeterProvider
}

// Setup makes the three. Shutdown sends what they still hold.
func Setup(ctx context.Context, cfg Config) (*Telemetry, error) {
	if !(cfg.SampleRatio >= 0 && cfg.SampleRatio <= 1) {
		return nil, fmt.Errorf("telemetry: the sample ratio is between 0 and 1, not %v", cfg.SampleRatio)
	}
	log, err := newLogger(cfg)
	if err != nil {
		return nil, err
	}
	about := resource.NewSchemaless(
		attribute.String("service.name", cfg.Service), attribute.String("service.version", cfg.Version))
	registry := newRegistry()
	meters, err := newMeters(registry, about, cfg.Version)
	if err != nil {
		return nil, fmt.Errorf("telemetry: metrics: %w", err)
	}
	traces, err := newTraces(ctx, cfg, about, log)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("telemetry: traces: %w", err), meters.Shutdown(ctx))
	}
	return &Telemetry{
		TracerProvider: traces, MeterProvider: meters, Logger: log,
		registry: registry, tracing: traces, metering: meters,
	}, nil
}

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// Handler serves the metrics to Prometheus.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{Registry: t.registry})
}

// Shutdown sends what has not been sent yet, until ctx ends. What is observed afterwards is lost.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if err := errors.Join(t.tracing.Shutdown(ctx), t.metering.Shutdown(ctx)); err != nil {
		return fmt.Errorf("telemetry: shut down: %w", err)
	}
	return nil
}

func out(w io.Writer) io.Writer {
	if w == nil {
		return os.Stderr
	}
	return w
}
