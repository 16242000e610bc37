package peer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"kept.dev/kit/errs"
)

// unaryCall makes one call under ctx and notes what came back.
func unaryCall(ctx context.Context, opts ...grpc.CallOption) func(*testing.T, grpc.ClientConnInterface) seen {
	return func(_ *testing.T, conn grpc.ClientConnInterface) seen {
		var got seen
		opts := append([]grpc.CallOption{grpc.Header(&got.Header), grpc.Trailer(&got.Trailer),
			grpc.OnFinish(func(err error) { got.Facts = append(got.Facts, "finished "+status.Code(err).String()) })}, opts...)
		res, err := pb.NewTestServiceClient(conn).UnaryCall(ctx, request("ping"), opts...)
		got.Facts = append(got.Facts, res.GetUsername(), string(res.GetPayload().GetBody()))
		return got.see(err)
	}
}

func request(text string) *pb.SimpleRequest {
	return &pb.SimpleRequest{Payload: &pb.Payload{Body: []byte(text)}}
}

func echo(_ context.Context, req *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return &pb.SimpleResponse{Username: "echo", Payload: req.GetPayload()}, nil
}

func fails(err error) func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) { return nil, err }
}

func TestUnaryAnswers(t *testing.T) {
	got := conform(t, &handlers{unary: echo}, unaryCall(t.Context()))
	require.Equal(t, "OK", got.Code)
	require.Equal(t, []string{"finished OK", "echo", "ping"}, got.Facts)
	require.Equal(t, []string{"/grpc.testing.TestService/UnaryCall"}, got.Trailer["intercepted"])
}

func TestUnaryNilResponseIsEmpty(t *testing.T) {
	got := conform(t, &handlers{unary: fails(nil)}, unaryCall(t.Context()))
	require.Equal(t, "OK", got.Code)
}

func TestUnaryErrors(t *testing.T) {
	detailed, err := status.New(codes.FailedPrecondition, "no").WithDetails(&errdetails.ErrorInfo{Reason: "STOCK"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		err  error
		code codes.Code
	}{
		"status":            {status.Error(codes.NotFound, "nobody"), codes.NotFound},
		"status, detailed":  {detailed.Err(), codes.FailedPrecondition},
		"status, wrapped":   {fmt.Errorf("reading: %w", status.Error(codes.Aborted, "again")), codes.Aborted},
		"our own":           {errs.Refused("TAKEN", "it is taken").Because(errors.New("secret")), codes.FailedPrecondition},
		"plain":             {errors.New("plain"), codes.Unknown},
		"deadline":          {fmt.Errorf("asking: %w", context.DeadlineExceeded), codes.DeadlineExceeded},
		"cancelled":         {context.Canceled, codes.Canceled},
		"unusual code":      {status.Error(codes.Code(77), "odd"), codes.Code(77)},
		"message not ASCII": {status.Error(codes.Internal, "grün\n%41"), codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			got := conform(t, &handlers{unary: fails(c.err)}, unaryCall(t.Context()))
			require.Equal(t, c.code.String(), got.Code)
			require.NotContains(t, got.Message, "secret")
		})
	}
}

func TestErrorLeavesItsCauseBehind(t *testing.T) {
	cause := errors.New("password in here")
	conn := overInproc(t, &handlers{unary: fails(errs.Internal("sorry").Because(cause))})
	_, err := pb.NewTestServiceClient(conn).UnaryCall(t.Context(), request(""))
	require.NotErrorIs(t, err, cause)
	require.False(t, errs.Is(err))
	require.Equal(t, "INTERNAL", errs.ReasonOf(err))
}

func TestUnknownMethods(t *testing.T) {
	for _, method := range []string{"/grpc.testing.TestService/Nothing", "/grpc.testing.Nothing/UnaryCall", "/nothing"} {
		t.Run(method, func(t *testing.T) {
			got := conform(t, &handlers{unary: echo}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
				return seen{}.see(conn.Invoke(t.Context(), method, &pb.Empty{}, &pb.Empty{}))
			})
			require.Equal(t, "Unimplemented", got.Code)
		})
	}
}

func TestMetadataGoesBothWays(t *testing.T) {
	ctx := metadata.AppendToOutgoingContext(t.Context(), "Idempotency-Key", "k1", "idempotency-key", "k2",
		"bytes-bin", "\x00\xff", "te", "sneaky", "grpc-timeout", "9H")
	server := &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		in, _ := metadata.FromIncomingContext(ctx)
		for _, key := range []string{"idempotency-key", "bytes-bin", "te", "grpc-timeout"} {
			if err := grpc.SetHeader(ctx, metadata.MD{"seen-" + key: in.Get(key)}); err != nil {
				return nil, err
			}
		}
		if err := grpc.SetHeader(ctx, metadata.Pairs("more", "1", "content-type", "text/html")); err != nil {
			return nil, err
		}
		if err := grpc.SetTrailer(ctx, metadata.Pairs("at-end", "1")); err != nil {
			return nil, err
		}
		return &pb.SimpleResponse{}, grpc.SetTrailer(ctx, metadata.Pairs("at-end", "2"))
	}}
	got := conform(t, server, unaryCall(ctx))
	require.Equal(t, "OK", got.Code)
	require.Equal(t, []string{"k1", "k2"}, got.Header["seen-idempotency-key"])
	require.Equal(t, []string{"\x00\xff"}, got.Header["seen-bytes-bin"])
	require.Equal(t, []string{"1", "2"}, got.Trailer["at-end"])
	require.Empty(t, got.Header["seen-te"])
	require.Empty(t, got.Header["seen-grpc-timeout"])
}

func TestHeaderComesWithAnErrorToo(t *testing.T) {
	got := conform(t, &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		if err := grpc.SetHeader(ctx, metadata.Pairs("said", "first")); err != nil {
			return nil, err
		}
		return nil, status.Error(codes.Aborted, "and then this")
	}}, unaryCall(t.Context()))
	require.Equal(t, []string{"first"}, got.Header["said"])
	require.Equal(t, "Aborted", got.Code)
}

func TestHeaderIsSentOnce(t *testing.T) {
	got := conform(t, &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		facts := fmt.Sprint(grpc.SendHeader(ctx, metadata.Pairs("a", "1")) == nil,
			grpc.SendHeader(ctx, metadata.Pairs("a", "2")) == nil,
			grpc.SetHeader(ctx, metadata.Pairs("a", "3")) == nil)
		return &pb.SimpleResponse{Username: facts}, nil
	}}, unaryCall(t.Context()))
	require.Equal(t, []string{"1"}, got.Header["a"])
	require.Contains(t, got.Facts, "true false false")
}

func TestMetadataThatNoWireTakes(t *testing.T) {
	for name, pair := range map[string][2]string{
		"line break": {"key", "a\r\nb"}, "not ASCII": {"key", "ü"}, "odd name": {"k y", "v"}, "no name": {"", "v"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), pair[0], pair[1])
			got := conform(t, &handlers{unary: echo}, unaryCall(ctx))
			require.Equal(t, "Internal", got.Code)
		})
	}
}

func TestDeadlineIsCarried(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conform(t, &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		deadline, ok := ctx.Deadline()
		left := time.Until(deadline)
		return &pb.SimpleResponse{Username: fmt.Sprint(ok, left > 50*time.Second, left <= time.Minute)}, nil
	}}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		got := unaryCall(ctx)(t, conn)
		require.Contains(t, got.Facts, "true true true")
		return got
	})
}

func TestDeadlinePasses(t *testing.T) {
	got := conform(t, &handlers{unary: waits}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := pb.NewTestServiceClient(conn).UnaryCall(ctx, request(""))
		return seen{}.see(err)
	})
	require.Equal(t, "DeadlineExceeded", got.Code)
}

func TestCancelledWhileRunning(t *testing.T) {
	got := conform(t, &handlers{unary: waits}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := pb.NewTestServiceClient(conn).UnaryCall(ctx, request(""))
		return seen{}.see(err)
	})
	require.Equal(t, "Canceled", got.Code)
}

func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := conform(t, &handlers{unary: echo}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		_, err := pb.NewTestServiceClient(conn).UnaryCall(ctx, request(""))
		return seen{}.see(err)
	})
	require.Equal(t, "Canceled", got.Code)
}

// An answer that comes after the caller gave up is no answer, whether or not the handler noticed.
func TestAnswerAfterTheDeadlineIsLost(t *testing.T) {
	server := &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		<-ctx.Done()
		return &pb.SimpleResponse{Username: "too late"}, nil
	}}
	got := conform(t, server, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		res, err := pb.NewTestServiceClient(conn).UnaryCall(ctx, request(""))
		return seen{Facts: []string{res.GetUsername()}}.see(err)
	})
	require.Equal(t, "DeadlineExceeded", got.Code)
}

func waits(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

type secret struct{}

func TestNothingElseOfTheCallersContextArrives(t *testing.T) {
	ctx := context.WithValue(t.Context(), secret{}, "mine")
	ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("authorization", "of another call"))
	var during context.Context
	server := &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		during = ctx
		p, ok := peer.FromContext(ctx)
		in, _ := metadata.FromIncomingContext(ctx)
		_, out := metadata.FromOutgoingContext(ctx)
		method, _ := grpc.Method(ctx)
		return &pb.SimpleResponse{Username: fmt.Sprintln(ctx.Value(secret{}), ok && p.Addr != nil, in.Get("authorization"),
			out, method, ctx.Err())}, nil
	}}
	got := conform(t, server, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		got := unaryCall(ctx)(t, conn)
		require.Eventually(t, func() bool { return during.Err() != nil }, time.Second, time.Millisecond,
			"the handler's context ends with the handler")
		return got
	})
	require.Contains(t, got.Facts, "<nil> true [] false /grpc.testing.TestService/UnaryCall <nil>\n")
}

func TestMessagesAreNotShared(t *testing.T) {
	kept := &pb.SimpleResponse{Payload: &pb.Payload{Body: []byte("server's")}}
	server := &handlers{unary: func(_ context.Context, req *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		req.Payload.Body[0] = 'X'
		req.FillUsername = true
		return kept, nil
	}}
	conform(t, server, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		req := request("client's")
		res, err := pb.NewTestServiceClient(conn).UnaryCall(t.Context(), req)
		require.NoError(t, err)
		res.Payload.Body[0] = 'X'
		res.Username = "changed"
		return seen{Facts: []string{string(req.Payload.Body), fmt.Sprint(req.FillUsername),
			string(kept.Payload.Body), kept.Username}}
	})
	require.Equal(t, "server's", string(kept.Payload.Body))
}

// The reply is what the server said, not mixed with what it held before.
func TestReplyIsReplaced(t *testing.T) {
	conform(t, &handlers{unary: echo}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		reply := &pb.SimpleResponse{OauthScope: "old", Payload: &pb.Payload{Type: pb.PayloadType(7)}}
		err := conn.Invoke(t.Context(), "/grpc.testing.TestService/UnaryCall", request("new"), reply)
		return seen{Facts: []string{reply.OauthScope, reply.Payload.Type.String(), string(reply.Payload.Body)}}.see(err)
	})
}

func TestNoMessageAtAll(t *testing.T) {
	got := conform(t, &handlers{unary: echo}, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		err := conn.Invoke(t.Context(), "/grpc.testing.TestService/UnaryCall", "text", &pb.SimpleResponse{})
		return seen{Facts: []string{status.Code(err).String()}}
	})
	require.Equal(t, []string{"Internal"}, got.Facts)
}

type callToken struct{ err error }

func (c callToken) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer x"}, c.err
}
func (callToken) RequireTransportSecurity() bool { return false }

func TestCredentialsOfACall(t *testing.T) {
	server := &handlers{unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		in, _ := metadata.FromIncomingContext(ctx)
		return &pb.SimpleResponse{Username: fmt.Sprint(in.Get("authorization"))}, nil
	}}
	got := conform(t, server, unaryCall(t.Context(), grpc.PerRPCCredentials(callToken{})))
	require.Contains(t, got.Facts, "[Bearer x]")
	refused := status.Error(codes.Unauthenticated, "no token")
	got = conform(t, server, func(t *testing.T, conn grpc.ClientConnInterface) seen {
		_, err := pb.NewTestServiceClient(conn).UnaryCall(t.Context(), request(""), grpc.PerRPCCredentials(callToken{refused}))
		return seen{Facts: []string{status.Code(err).String()}}
	})
	require.Equal(t, []string{"Unauthenticated"}, got.Facts)
}
