package sqldb

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced runs a piece of work in a span below the caller's, where the caller's is recorded. The span says whose work it
// was and how it went; statements and their arguments are not in it, because they hold customers' data.
func (db *DB) traced(ctx context.Context, name string, do func(ctx context.Context) error) error {
	above := trace.SpanFromContext(ctx)
	if !above.IsRecording() {
		return do(ctx)
	}
	ctx, span := above.TracerProvider().Tracer("kept.dev/kit/sqldb").Start(ctx, name,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("db.system.name", db.Dialect())))
	defer span.End()
	err := do(ctx)
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	return err
}
