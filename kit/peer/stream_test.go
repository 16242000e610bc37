package peer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type (
	download = grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]
	upload   = grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]
	both     = grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
)

func response(n int) *pb.StreamingOutputCallResponse {
	return &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: fmt.Appendf(nil, "%d", n)}}
}

// sends answers with n messages and then err.
func sends(n int, err error) func(*pb.StreamingOutputCallRequest, download) error {
	return func(_ *pb.StreamingOutputCallRequest, s download) error {
		s.SetTrailer(metadata.Pairs("at-end", "1"))
		if err := s.SetHeader(metadata.Pairs("first", "1")); err != nil {
			return err
		}
		for i := range n {
			if err := s.Send(response(i)); err != nil {
				return err
			}
		}
		return err
	}
}

// downloads reads a stream to its end.
func downloads(t *testing.T, conn grpc.ClientConnInterface) seen {
	var got seen
	opts := []grpc.CallOption{grpc.Header(&got.Header), grpc.Trailer(&got.Trailer),
		grpc.OnFinish(func(err error) { got.Facts = append(got.Facts, "finished "+status.Code(err).String()) })}
	s, err := pb.NewTestServiceClient(conn).StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{}, opts...)
	require.NoError(t, err)
	for {
		m, err := s.Recv()
		if err != nil {
			_, again := s.Recv()
			require.Equal(t, err, again)
			require.Equal(t, got.Trailer, s.Trailer())
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return got.see(err)
		}
		got.Facts = append(got.Facts, string(m.GetPayload().GetBody()))
	}
}

func TestDownload(t *testing.T) {
	for _, n := range []int{0, 1, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			got := conform(t, &handlers{download: sends(n, nil)}, downloads)
			require.Equal(t, "OK", got.Code)
			require.Len(t, got.Facts, n+1)
			require.Equal(t, []string{"1"}, got.Header["first"])
			require.Equal(t, []string{"/grpc.testing.TestService/StreamingOutputCall"}, got.Trailer["intercepted"])
		})
	}
}

func TestDownloadFails(t *testing.T) {
	got := conform(t, &handlers{download: sends(3, status.Error(codes.DataLoss, "torn"))}, downloads)
	require.Equal(t, "DataLoss", got.Code)
	require.Len(t, got.Facts, 4)
}

func TestUnknownStream(t *testing.T) {
	got := conform(t, &handlers{}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		desc := &grpc.StreamDesc{ServerStreams: true}
		s, err := conn.NewStream(t.Context(), desc, "/grpc.testing.TestService/Nothing")
		require.NoError(t, err)
		require.NoError(t, s.CloseSend())
		return seen{}.see(s.RecvMsg(&pb.Empty{}))
	})
	require.Equal(t, "Unimplemented", got.Code)
}

func uploads(n int) func(*testing.T, grpc.ClientConnInterface) seen {
	return func(t *testing.T, conn grpc.ClientConnInterface) seen {
		var got seen
		s, err := pb.NewTestServiceClient(conn).StreamingInputCall(t.Context(), grpc.Trailer(&got.Trailer))
		require.NoError(t, err)
		for range n {
			if err := s.Send(&pb.StreamingInputCallRequest{Payload: &pb.Payload{Body: []byte("x")}}); err != nil {
				require.ErrorIs(t, err, io.EOF)
				break
			}
		}
		res, err := s.CloseAndRecv()
		got.Facts = []string{fmt.Sprint(res.GetAggregatedPayloadSize())}
		return got.see(err)
	}
}

func TestUpload(t *testing.T) {
	counts := func(s upload) error {
		var size int32
		for {
			m, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return s.SendAndClose(&pb.StreamingInputCallResponse{AggregatedPayloadSize: size})
			}
			if err != nil {
				return err
			}
			size += int32(len(m.GetPayload().GetBody()))
		}
	}
	for _, n := range []int{0, 1, 100} {
		got := conform(t, &handlers{upload: counts}, uploads(n))
		require.Equal(t, []string{fmt.Sprint(n)}, got.Facts)
	}
}

func TestUploadThatIsRefused(t *testing.T) {
	refuses := func(upload) error { return status.Error(codes.ResourceExhausted, "enough") }
	got := conform(t, &handlers{upload: refuses}, uploads(10_000))
	require.Equal(t, "ResourceExhausted", got.Code)
}

func TestUploadWithoutAnAnswer(t *testing.T) {
	got := conform(t, &handlers{upload: func(upload) error { return nil }}, uploads(1))
	require.Equal(t, "Internal", got.Code)
}

func TestUploadAnsweredTwice(t *testing.T) {
	twice := func(s upload) error {
		if err := s.SendMsg(&pb.StreamingInputCallResponse{}); err != nil {
			return err
		}
		return s.SendMsg(&pb.StreamingInputCallResponse{})
	}
	got := conform(t, &handlers{upload: twice}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		got := uploads(1)(t, conn)
		return seen{Code: got.Code}
	})
	require.Equal(t, "Internal", got.Code)
}

func TestBothWaysAtOnce(t *testing.T) {
	echoes := func(s both) error {
		if err := s.SendHeader(metadata.Pairs("early", "1")); err != nil {
			return err
		}
		for {
			m, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := s.Send(&pb.StreamingOutputCallResponse{Payload: m.GetPayload()}); err != nil {
				return err
			}
		}
	}
	got := conform(t, &handlers{both: echoes}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		var got seen
		s, err := pb.NewTestServiceClient(conn).FullDuplexCall(t.Context())
		require.NoError(t, err)
		got.Header, err = s.Header() // before anything is sent
		require.NoError(t, err)
		for i := range 200 {
			sent := &pb.Payload{Body: fmt.Appendf(nil, "%d", i)}
			require.NoError(t, s.Send(&pb.StreamingOutputCallRequest{Payload: sent}))
			sent.Body[0] = 'X' // what was sent is the sender's again
			m, err := s.Recv()
			require.NoError(t, err)
			got.Facts = append(got.Facts, string(m.GetPayload().GetBody()))
		}
		require.NoError(t, s.CloseSend())
		require.NoError(t, s.CloseSend())
		_, err = s.Recv()
		require.ErrorIs(t, err, io.EOF)
		got.Trailer = s.Trailer()
		return got.see(nil)
	})
	require.Equal(t, []string{"1"}, got.Header["early"])
	require.Equal(t, "199", got.Facts[199])
}

// The handler that sends more than the client reads waits, and is let go when the client leaves.
func TestClientLeaves(t *testing.T) {
	for name, leave := range map[string]string{"by cancelling": "cancel", "by its deadline": "deadline"} {
		t.Run(name, func(t *testing.T) {
			left := make(chan error, 2)
			server := &handlers{download: func(_ *pb.StreamingOutputCallRequest, s download) error {
				for i := 0; ; i++ {
					if err := s.Send(response(i)); err != nil {
						left <- err
						return err
					}
				}
			}}
			got := conform(t, server, func(t *testing.T, conn grpc.ClientConnInterface) seen {
				ctx, cancel := context.WithCancel(t.Context())
				if leave == "deadline" {
					ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
				}
				defer cancel()
				s, err := pb.NewTestServiceClient(conn).StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
				require.NoError(t, err)
				_, err = s.Recv()
				require.NoError(t, err)
				if leave == "cancel" {
					cancel()
				}
				<-ctx.Done()
				for err == nil {
					_, err = s.Recv()
				}
				require.Contains(t, []codes.Code{codes.Canceled, codes.DeadlineExceeded, codes.Unavailable}, status.Code(<-left))
				return seen{}.see(err)
			})
			require.Contains(t, []string{"Canceled", "DeadlineExceeded"}, got.Code)
		})
	}
}

func TestHandlerWaitingForAMessageIsLetGo(t *testing.T) {
	left := make(chan error, 2)
	server := &handlers{both: func(s both) error {
		_, err := s.Recv()
		left <- err
		return err
	}}
	conform(t, server, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := pb.NewTestServiceClient(conn).FullDuplexCall(ctx)
		require.NoError(t, err)
		cancel()
		_, err = s.Recv()
		if _, ok := conn.(*grpc.ClientConn); !ok {
			require.Equal(t, codes.Canceled, status.Code(<-left)) // over a wire the call may never have arrived
		}
		require.ErrorIs(t, s.Send(&pb.StreamingOutputCallRequest{}), io.EOF)
		return seen{}.see(err)
	})
}

func TestSendAfterCloseSend(t *testing.T) {
	got := conform(t, &handlers{both: func(s both) error { _, err := s.Recv(); return ignoreEnd(err) }},
		func(t *testing.T, conn grpc.ClientConnInterface) seen {
			s, err := pb.NewTestServiceClient(conn).FullDuplexCall(t.Context())
			require.NoError(t, err)
			require.NoError(t, s.CloseSend())
			err = s.Send(&pb.StreamingOutputCallRequest{})
			_, _ = s.Recv()
			return seen{Facts: []string{status.Code(err).String()}}
		})
	require.Equal(t, []string{"Internal"}, got.Facts)
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
