package peer_test

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/peer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// forgetful serves every method, and is gone before it answers the first try of each. It keeps the keys that it saw.
type forgetful struct {
	mu   sync.Mutex
	keys map[string][]string
}

func (f *forgetful) serve(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	md, _ := metadata.FromIncomingContext(stream.Context())
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := append(f.keys[method], append(md.Get("idempotency-key"), "none")[0])
	f.keys[method] = seen
	if len(seen) == 1 {
		return status.Error(codes.Unavailable, "the answer was lost")
	}
	if err := stream.RecvMsg(&emptypb.Empty{}); err != nil {
		return err
	}
	return stream.SendMsg(&emptypb.Empty{})
}

func startForgetful(t *testing.T) (*forgetful, *grpc.ClientConn) {
	t.Helper()
	f := &forgetful{keys: map[string][]string{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(grpc.UnknownServiceHandler(f.serve))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := peer.Dial(listener.Addr().String(), insecure.NewCredentials())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return f, conn
}

func TestARetriedChangeCarriesTheSameKey(t *testing.T) {
	f, conn := startForgetful(t)
	call := func(method string, md ...string) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), md...)
		return conn.Invoke(ctx, method, &emptypb.Empty{}, &emptypb.Empty{})
	}

	require.NoError(t, call("/shop.Shop/CreateThing"))
	require.NoError(t, call("/shop.Shop/CancelThing", "idempotency-key", "mine"))
	require.NoError(t, call("/shop.Shop/GetThing"))

	created := f.keys["/shop.Shop/CreateThing"]
	require.Len(t, created, 2)
	require.Len(t, created[0], 36, "a key of its own")
	require.Equal(t, created[0], created[1])
	require.Equal(t, []string{"mine", "mine"}, f.keys["/shop.Shop/CancelThing"])
	require.Equal(t, []string{"none", "none"}, f.keys["/shop.Shop/GetThing"])
}

// TestARequestWithAnIDKeepsIt: a header would come before it, and be another after a crash.
func TestARequestWithAnIDKeepsIt(t *testing.T) {
	f, conn := startForgetful(t)
	require.NoError(t, conn.Invoke(t.Context(), "/shop.Shop/ImportThings", &customerv1.ImportCustomersRequest{RequestId: "mine"}, &emptypb.Empty{}))
	require.Equal(t, []string{"none", "none"}, f.keys["/shop.Shop/ImportThings"])
}

func TestTwoChangesHaveTwoKeys(t *testing.T) {
	f, conn := startForgetful(t)
	for range 2 {
		require.NoError(t, conn.Invoke(t.Context(), "/shop.Shop/CreateThing", &emptypb.Empty{}, &emptypb.Empty{}))
	}
	keys := f.keys["/shop.Shop/CreateThing"]
	require.Len(t, keys, 3)
	require.NotEqual(t, keys[1], keys[2])
}

func TestTheSandboxsClockIsNotMovedTwice(t *testing.T) {
	f, conn := startForgetful(t)
	const method = "/kept.ops.v1.SandboxService/AdvanceClock"
	err := conn.Invoke(t.Context(), method, &emptypb.Empty{}, &emptypb.Empty{})
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Len(t, f.keys[method], 1)
}
