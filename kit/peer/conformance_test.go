package peer_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"kept.dev/kit/peer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handlers is a server whose RPCs are what the case needs.
type handlers struct {
	pb.UnimplementedTestServiceServer
	unary    func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error)
	download func(*pb.StreamingOutputCallRequest, grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error
	upload   func(grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error
	both     func(grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error
}

func (h *handlers) UnaryCall(ctx context.Context, req *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return h.unary(ctx, req)
}

func (h *handlers) StreamingOutputCall(req *pb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	return h.download(req, s)
}

func (h *handlers) StreamingInputCall(s grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
	return h.upload(s)
}

func (h *handlers) FullDuplexCall(s grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	return h.both(s)
}

// seen is what a caller can tell of a call.
type seen struct {
	Code    string
	Message string
	Details int
	Header  metadata.MD
	Trailer metadata.MD
	Facts   []string
}

// see notes the error and drops what only a wire says of itself.
func (s seen) see(err error) seen {
	st := status.Convert(err)
	s.Code, s.Message, s.Details = st.Code().String(), st.Message(), len(st.Details())
	for _, md := range []metadata.MD{s.Header, s.Trailer} {
		delete(md, "content-type")
		delete(md, "grpc-status-details-bin")
	}
	if ended := st.Code(); ended == codes.DeadlineExceeded || ended == codes.Canceled {
		s.Message = "" // gRPC words it after who noticed first
	}
	if len(s.Header) == 0 {
		s.Header = nil
	}
	if len(s.Trailer) == 0 {
		s.Trailer = nil
	}
	return s
}

// conform runs a case over the channel and over real gRPC, and wants the caller to see the same.
func conform(t *testing.T, server *handlers, call func(t *testing.T, conn grpc.ClientConnInterface) seen) seen {
	t.Helper()
	over := map[string]seen{}
	for name, connect := range map[string]func(*testing.T, pb.TestServiceServer) grpc.ClientConnInterface{
		"inproc": overInproc, "bufconn": overBufconn,
	} {
		t.Run(name, func(t *testing.T) { over[name] = call(t, connect(t, server)) })
	}
	require.Equal(t, over["bufconn"], over["inproc"])
	return over["inproc"]
}

// marked leaves its trace in the trailer, so that every case shows whether the interceptors ran.
func marked(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := grpc.SetTrailer(ctx, metadata.Pairs("intercepted", info.FullMethod)); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

func markedStream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	s.SetTrailer(metadata.Pairs("intercepted", info.FullMethod))
	return next(srv, s)
}

func overInproc(_ *testing.T, server pb.TestServiceServer) grpc.ClientConnInterface {
	c := peer.NewChannel(marked, markedStream)
	pb.RegisterTestServiceServer(c, server)
	return c
}

func overBufconn(t *testing.T, server pb.TestServiceServer) grpc.ClientConnInterface {
	return dial(t, server, grpc.UnaryInterceptor(marked), grpc.StreamInterceptor(markedStream))
}

func dial(t testing.TB, server pb.TestServiceServer, opts ...grpc.ServerOption) *grpc.ClientConn {
	listener := bufconn.Listen(1 << 20)
	s := grpc.NewServer(opts...)
	pb.RegisterTestServiceServer(s, server)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///bufconn",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		s.Stop()
		require.NoError(t, <-served)
	})
	return conn
}
