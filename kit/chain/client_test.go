package chain_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// peerService answers for its callers' activity, and streams health; it notes what came with the calls.
type peerService struct {
	opsv1.UnimplementedActivityServiceServer
	grpc_health_v1.UnimplementedHealthServer
	mu     sync.Mutex
	caller access.Principal
	md     metadata.MD
}

func (p *peerService) note(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.caller = access.Caller(ctx)
	p.md, _ = metadata.FromIncomingContext(ctx)
}

func (p *peerService) ReportActivity(ctx context.Context, _ *opsv1.ReportActivityRequest) (*opsv1.ReportActivityResponse, error) {
	p.note(ctx)
	return &opsv1.ReportActivityResponse{}, nil
}

func (p *peerService) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc_health_v1.Health_WatchServer) error {
	p.note(stream.Context())
	for range 2 {
		if err := stream.Send(&grpc_health_v1.HealthCheckResponse{}); err != nil {
			return err
		}
	}
	return nil
}

// dial serves the peer behind a whole chain and connects to it as the order service.
func dial(t *testing.T, service *peerService) *grpc.ClientConn {
	t.Helper()
	b := newBench(t, plain)
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(b.Unary()), grpc.ChainStreamInterceptor(b.Stream()))
	opsv1.RegisterActivityServiceServer(server, service)
	grpc_health_v1.RegisterHealthServer(server, service)
	listener := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	own := func(context.Context) string { return order.Subject }
	conn, err := grpc.NewClient("passthrough:peer", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithUnaryInterceptor(chain.ClientUnary(own)), grpc.WithStreamInterceptor(chain.ClientStream(own)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func traced(t *testing.T) (context.Context, trace.Span, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	ctx, span := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test").Start(t.Context(), "handler")
	return ctx, span, spans
}

func TestAServiceCallsAsItself(t *testing.T) {
	service := &peerService{}
	ctx, parent, spans := traced(t)
	_, err := opsv1.NewActivityServiceClient(dial(t, service)).ReportActivity(ctx, &opsv1.ReportActivityRequest{})
	require.NoError(t, err)
	require.Equal(t, order, service.caller)
	require.Len(t, spans.Ended(), 1)
	span := spans.Ended()[0]
	require.Equal(t, activity[1:], span.Name())
	require.Equal(t, trace.SpanKindClient, span.SpanKind())
	require.Equal(t, parent.SpanContext().SpanID(), span.Parent().SpanID())
	require.Equal(t, []string{"00-" + span.SpanContext().TraceID().String() + "-" + span.SpanContext().SpanID().String() + "-01"},
		service.md.Get("traceparent"))
}

func TestAForwardedUserTokenStays(t *testing.T) {
	service := &peerService{}
	ctx, _, spans := traced(t)
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+anna.Subject)
	_, err := opsv1.NewActivityServiceClient(dial(t, service)).ReportActivity(ctx, &opsv1.ReportActivityRequest{})
	require.Equal(t, codes.PermissionDenied, status.Code(err), "an agent is not a service")
	require.Equal(t, otelcodes.Error, spans.Ended()[0].Status().Code)
}

func TestWithoutATraceNothingIsMadeUp(t *testing.T) {
	service := &peerService{}
	_, err := opsv1.NewActivityServiceClient(dial(t, service)).ReportActivity(t.Context(), &opsv1.ReportActivityRequest{})
	require.NoError(t, err)
	require.Empty(t, service.md.Get("traceparent"))
}

func TestAStreamsSpanLastsUntilItEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		leave bool // the caller goes away before the end
		want  otelcodes.Code
	}{"to the end": {false, otelcodes.Unset}, "left early": {true, otelcodes.Error}} {
		t.Run(name, func(t *testing.T) {
			service := &peerService{}
			ctx, _, spans := traced(t)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			stream, err := grpc_health_v1.NewHealthClient(dial(t, service)).Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
			require.NoError(t, err)
			_, err = stream.Recv()
			require.NoError(t, err)
			require.Empty(t, spans.Ended())
			if tc.leave {
				cancel()
			} else {
				_, err = stream.Recv()
				require.NoError(t, err)
				_, err = stream.Recv()
				require.Error(t, err)
			}
			require.Eventually(t, func() bool { return len(spans.Ended()) == 1 }, 5*time.Second, time.Millisecond)
			require.Equal(t, tc.want, spans.Ended()[0].Status().Code)
			require.Equal(t, []string{"Bearer " + order.Subject}, service.md.Get("authorization"))
		})
	}
}
