package peer

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Invoke carries one unary call: the handler runs here, behind the server's interceptors, under a context of its
// own. A panic that no interceptor recovers goes on to the caller.
func (c *Channel) Invoke(ctx context.Context, name string, args, reply any, opts ...grpc.CallOption) error {
	err := c.invoke(ctx, name, args, reply, opts)
	finished(opts, err)
	return err
}

func (c *Channel) invoke(ctx context.Context, name string, args, reply any, opts []grpc.CallOption) error {
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	md, err := outgoing(ctx, opts, name)
	if err != nil {
		return err
	}
	if err := c.calls.enter(); err != nil {
		return err
	}
	defer c.calls.leave()
	m, err := c.find(name, false)
	if err != nil {
		return err
	}

	said := &headers{method: name}
	handlerCtx, cancel := c.serverContext(ctx, md, said)
	defer cancel()
	decode := func(request any) error { return copyMessage(request, args) }
	response, err := m.unary(m.server, handlerCtx, decode, c.unary)
	header, trailer := said.end()
	// The caller gave up: what the handler answered after that would not have arrived.
	if late := ctx.Err(); late != nil {
		return status.FromContextError(late).Err()
	}
	tell(opts, header, trailer)
	if err != nil {
		return asStatus(err)
	}
	return copyMessage(reply, response)
}

// tell fills what the caller asked for beside the response.
func tell(opts []grpc.CallOption, header, trailer metadata.MD) {
	for _, opt := range opts {
		switch o := opt.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = trailer
		case grpc.PeerCallOption:
			*o.PeerAddr = peer.Peer{Addr: address{}, LocalAddr: address{}}
		}
	}
}

// finished tells the options that wait for a call's end.
func finished(opts []grpc.CallOption, err error) {
	for _, opt := range opts {
		if o, ok := opt.(grpc.OnFinishCallOption); ok {
			o.OnFinish(err)
		}
	}
}

// asStatus makes of a handler's error what the other end of a wire would get: a code, a message and details, and
// nothing of the Go error itself.
func asStatus(err error) error {
	s, ok := status.FromError(err)
	switch {
	case !ok && errors.Is(err, io.ErrUnexpectedEOF):
		s = status.New(codes.Internal, err.Error())
	case !ok:
		s = status.FromContextError(err)
	case s.Code() == codes.OK:
		s = status.New(codes.Internal, "the handler returned an error that carries the code OK")
	}
	return status.FromProto(s.Proto()).Err()
}
