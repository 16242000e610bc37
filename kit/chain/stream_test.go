package chain_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// streaming is how a stream looks from the chain's side.
type streaming struct {
	method   string
	requests []proto.Message
	empty    func() proto.Message // what a request is read into
	listens  bool
}

// stream makes a streaming call whose handler reads all requests; it returns how many it got.
func (b *bench) stream(ctx context.Context, s streaming) (read int, err error) {
	handle := func(_ any, stream grpc.ServerStream) error {
		for {
			switch err := stream.RecvMsg(s.empty()); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
			read++
		}
	}
	err = b.Stream()(nil, &incoming{ctx: ctx, requests: s.requests},
		&grpc.StreamServerInfo{FullMethod: s.method, IsServerStream: s.listens, IsClientStream: true}, handle)
	return read, err
}

func (b *bench) emptyPurchase() proto.Message {
	return dynamicpb.NewMessage(b.shop.Methods().Get(0).Input())
}

func emptyReplay() proto.Message { return &opsv1.ReplayDeadLetterRequest{} }

func TestStreams(t *testing.T) {
	b := newBench(t, plain)
	mine, others := b.purchase("customers/carl"), b.purchase("customers/dora")
	broken := &opsv1.ReplayDeadLetterRequest{Name: "?"}
	for name, tc := range map[string]struct {
		who  access.Principal
		call streaming
		code codes.Code
		read int
	}{
		"admin":                     {ada, streaming{replay, []proto.Message{sound, sound}, emptyReplay, false}, codes.OK, 2},
		"nobody":                    {access.Principal{}, streaming{replay, []proto.Message{sound}, emptyReplay, false}, codes.Unauthenticated, 0},
		"agent":                     {anna, streaming{replay, []proto.Message{sound}, emptyReplay, false}, codes.PermissionDenied, 0},
		"second request is invalid": {ada, streaming{replay, []proto.Message{sound, broken}, emptyReplay, false}, codes.InvalidArgument, 1},
		"customer's own":            {carl, streaming{buy, []proto.Message{mine, mine}, b.emptyPurchase, false}, codes.OK, 2},
		"second request is another's": {carl, streaming{buy, []proto.Message{mine, others}, b.emptyPurchase, false},
			codes.NotFound, 1},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := b.stream(as(t.Context(), tc.who), tc.call)
			require.Equal(t, tc.code, status.Code(err))
			require.Equal(t, tc.read, read)
		})
	}
}

func TestStreamsLastAsLongAsTheirTokensAndListenersAreNoWork(t *testing.T) {
	for name, listens := range map[string]bool{"listener": true, "sender": false} {
		t.Run(name, func(t *testing.T) {
			work := &counter{}
			b := newBench(t, func(c *chain.Config) { c.Activity, c.Deadline = work, time.Millisecond })
			var handled context.Context
			err := b.Stream()(nil, &incoming{ctx: as(t.Context(), ada)},
				&grpc.StreamServerInfo{FullMethod: replay, IsServerStream: listens},
				func(_ any, stream grpc.ServerStream) error { handled = stream.Context(); return nil })
			require.NoError(t, err)
			deadline, _ := handled.Deadline()
			require.Greater(t, time.Until(deadline), time.Minute, "the token's, not the calls'")
			require.Equal(t, ada, access.Caller(handled))
			require.Equal(t, listens, work.begun == 0)
			require.Equal(t, work.begun, work.ended)
		})
	}
}

func TestAPanicInAStream(t *testing.T) {
	b := newBench(t, plain)
	err := b.Stream()(nil, &incoming{ctx: as(t.Context(), ada)}, &grpc.StreamServerInfo{FullMethod: replay},
		func(any, grpc.ServerStream) error { panic(secret) })
	require.Equal(t, codes.Internal, status.Code(err))
	require.NotContains(t, err.Error(), "hunter2")
}

func TestAStreamSendsNothingBeforeItsHandlerAsksForTheScope(t *testing.T) {
	b := newBench(t, plain)
	follow := func(handle func(stream grpc.ServerStream) error) (sent int, err error) {
		out := &incoming{ctx: as(t.Context(), carl)}
		err = b.Stream()(nil, out, &grpc.StreamServerInfo{FullMethod: look, IsServerStream: true},
			func(_ any, stream grpc.ServerStream) error { return handle(stream) })
		return out.sent, err
	}
	sent, err := follow(func(stream grpc.ServerStream) error { return stream.SendMsg(sound) })
	require.Equal(t, codes.Internal, status.Code(err))
	require.Zero(t, sent)
	require.Contains(t, b.log.lines()[0], "has not asked for access.ScopeOf")
	require.NotContains(t, err.Error(), "ScopeOf")
	sent, err = follow(func(stream grpc.ServerStream) error {
		access.ScopeOf(stream.Context())
		return errors.Join(stream.SendMsg(sound), stream.SendMsg(sound))
	})
	require.NoError(t, err)
	require.Equal(t, 2, sent)
}
