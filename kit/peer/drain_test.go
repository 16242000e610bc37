package peer_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"kept.dev/kit/peer"
)

func TestDrainWaitsForRunningCalls(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	channel := peer.NewChannel(nil, nil)
	pb.RegisterTestServiceServer(channel, &handlers{
		unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
			close(entered)
			<-release
			return &pb.SimpleResponse{}, nil
		},
		both: func(s both) error { <-release; return nil },
	})
	client := pb.NewTestServiceClient(channel)
	answered := make(chan error, 1)
	go func() {
		_, err := client.UnaryCall(t.Context(), request(""))
		answered <- err
	}()
	<-entered
	stream, err := client.FullDuplexCall(t.Context())
	require.NoError(t, err)

	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, channel.Drain(short), context.DeadlineExceeded)

	_, err = client.UnaryCall(t.Context(), request(""))
	require.Equal(t, codes.Unavailable, status.Code(err))
	_, err = client.FullDuplexCall(t.Context())
	require.Equal(t, codes.Unavailable, status.Code(err))

	close(release)
	require.NoError(t, channel.Drain(t.Context()))
	require.NoError(t, <-answered)
	_, err = stream.Recv()
	require.Error(t, err)
	require.NoError(t, channel.Drain(t.Context()), "draining twice is draining once")
}

func TestDrainWithoutCalls(t *testing.T) {
	require.NoError(t, peer.NewChannel(nil, nil).Drain(t.Context()))
}

// A panic that no interceptor recovers is the caller's to see; the channel still counts right.
func TestPanicLeavesTheChannelWhole(t *testing.T) {
	channel := peer.NewChannel(nil, nil)
	pb.RegisterTestServiceServer(channel, &handlers{
		unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) { panic("out of the blue") },
	})
	require.PanicsWithValue(t, "out of the blue", func() {
		_, _ = pb.NewTestServiceClient(channel).UnaryCall(t.Context(), request(""))
	})
	require.NoError(t, channel.Drain(t.Context()))
}

func TestRecoveringInterceptorAnswersForAPanic(t *testing.T) {
	recovers := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
		defer func() {
			if recover() != nil {
				err = status.Error(codes.Internal, "a fault of ours")
			}
		}()
		return next(ctx, req)
	}
	channel := peer.NewChannel(recovers, nil)
	pb.RegisterTestServiceServer(channel, &handlers{
		unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) { panic("out of the blue") },
	})
	_, err := pb.NewTestServiceClient(channel).UnaryCall(t.Context(), request(""))
	require.Equal(t, codes.Internal, status.Code(err))
}

func TestServiceRegisteredTwice(t *testing.T) {
	channel := peer.NewChannel(nil, nil)
	pb.RegisterTestServiceServer(channel, &handlers{})
	require.Panics(t, func() { pb.RegisterTestServiceServer(channel, &handlers{}) })
}
