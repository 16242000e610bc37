package chain

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// ClientUnary lets a service call others as itself: it adds the service's token, a span, and the span's
// traceparent. A caller that has put an authorization into the outgoing metadata, because it forwards a user's
// own call, keeps it.
func ClientUnary(token func(ctx context.Context) string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, res any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		ctx, span := outgoing(ctx, method, token)
		err := invoke(ctx, method, req, res, conn, opts...)
		finish(span, err)
		return err
	}
}

// ClientStream is ClientUnary for streams. Their span lasts until the stream ends.
func ClientStream(token func(ctx context.Context) string) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
		open grpc.Streamer, opts ...grpc.CallOption,
	) (grpc.ClientStream, error) {
		ctx, span := outgoing(ctx, method, token)
		stream, err := open(ctx, desc, conn, method, opts...)
		if err != nil {
			finish(span, err)
			return nil, err
		}
		return newTracedStream(ctx, stream, span, !desc.ServerStreams), nil
	}
}

// outgoing begins the client's span and writes what the other side needs into the metadata. The span comes from
// the provider that made the one in the context; without one there, the call is not traced.
func outgoing(ctx context.Context, method string, token func(ctx context.Context) string) (context.Context, trace.Span) {
	ctx, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("kept.dev/kit/chain").Start(ctx,
		strings.TrimPrefix(method, "/"), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(rpcAttributes(method)...))
	var pairs []string
	already, _ := metadata.FromOutgoingContext(ctx)
	if len(already.Get("authorization")) == 0 && token != nil {
		if raw := token(ctx); raw != "" {
			pairs = append(pairs, "authorization", "Bearer "+raw)
		}
	}
	return withTrace(metadata.AppendToOutgoingContext(ctx, pairs...)), span
}

// withTrace writes the client's span as the other side's parent, in the place of one that the caller has brought along.
func withTrace(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	if len(carrier) == 0 {
		return ctx
	}
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		md = metadata.MD{}
	}
	for key, value := range carrier {
		md.Set(key, value)
	}
	return metadata.NewOutgoingContext(ctx, md)
}

func finish(span trace.Span, err error) {
	code := status.Code(err)
	span.SetAttributes(attribute.Int64("rpc.grpc.status_code", int64(code)))
	if code != codes.OK {
		span.SetStatus(otelcodes.Error, code.String())
	}
	span.End()
}
