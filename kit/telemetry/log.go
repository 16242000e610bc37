package telemetry

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

func newLogger(cfg Config) (*slog.Logger, error) {
	options := &slog.HandlerOptions{}
	if cfg.LogLevel != nil {
		options.Level = cfg.LogLevel
	}
	var handler slog.Handler
	switch cfg.LogFormat {
	case "", "json":
		handler = slog.NewJSONHandler(out(cfg.Out), options)
	case "text":
		handler = slog.NewTextHandler(out(cfg.Out), options)
	default:
		return nil, fmt.Errorf(`telemetry: the log's format is "json" or "text", not %q`, cfg.LogFormat)
	}
	return slog.New(named(handler, slog.String(serviceKey, cfg.Service))), nil
}

const serviceKey = "service"

// traced adds the trace's and the span's id to each line, at its top even when the logger has opened a group:
// whoever searches by trace id finds every line. And each line has one service, the one that was named last: where several live in
// one process, the process is not meant.
type traced struct {
	bare    slog.Handler // without the service
	root    slog.Handler
	service slog.Attr
	groups  []func(slog.Handler) slog.Handler // from the first group on
}

func named(bare slog.Handler, service slog.Attr) traced {
	return traced{bare: bare, root: bare.WithAttrs([]slog.Attr{service}), service: service}
}

func (h traced) Enabled(ctx context.Context, level slog.Level) bool {
	return h.root.Enabled(ctx, level)
}

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	handler := h.root
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		handler = handler.WithAttrs([]slog.Attr{
			slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()),
		})
	}
	for _, group := range h.groups {
		handler = group(handler)
	}
	return handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.groups) == 0 {
		return h.atTop(attrs)
	}
	return h.within(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

func (h traced) atTop(attrs []slog.Attr) traced {
	service, others := h.service, make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		if a.Key == serviceKey {
			service = a
		} else {
			others = append(others, a)
		}
	}
	return named(h.bare.WithAttrs(others), service)
}

func (h traced) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.within(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h traced) within(step func(slog.Handler) slog.Handler) traced {
	h.groups = append(h.groups[:len(h.groups):len(h.groups)], step)
	return h
}
