package peer

import (
	"context"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// window is how many messages of a stream may wait in each direction before the sender does.
const window = 16

// stream is what the two ends of a streaming call share. It ends when the handler has returned.
type stream struct {
	said      *headers
	requests  chan proto.Message
	responses chan proto.Message
	sentAll   chan struct{} // closed when the client has sent its last request
	ended     chan struct{} // closed when the handler has returned; result is set then
	result    error
}

// NewStream begins a streaming call. The handler runs on a goroutine of its own, behind the server's interceptors,
// until it returns; as with any gRPC stream, the client must read to the end or cancel its context.
func (c *Channel) NewStream(ctx context.Context, desc *grpc.StreamDesc, name string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	md, err := outgoing(ctx, opts, name)
	if err != nil {
		return nil, err
	}
	if err := c.calls.enter(); err != nil {
		return nil, err
	}
	s := &stream{
		said:      &headers{method: name, onSend: make(chan struct{})},
		requests:  make(chan proto.Message, window),
		responses: make(chan proto.Message, window),
		sentAll:   make(chan struct{}),
		ended:     make(chan struct{}),
	}
	handlerCtx, cancel := c.serverContext(ctx, md, s.said)
	go func() {
		defer c.calls.leave()
		defer cancel()
		defer s.end()
		s.result = status.Error(codes.Internal, "the handler did not return") // it ended its goroutine instead
		s.result = c.serve(handlerCtx, name, s)
	}()
	return &clientStream{stream: s, ctx: ctx, desc: desc, opts: opts}, nil
}

// serve runs the handler; it is the server's half of a stream.
func (c *Channel) serve(ctx context.Context, name string, s *stream) error {
	m, err := c.find(name, true)
	if err != nil {
		return err
	}
	end := &serverStream{stream: s, ctx: ctx}
	if c.stream == nil {
		err = m.stream.Handler(m.server, end)
	} else {
		info := &grpc.StreamServerInfo{
			FullMethod:     name,
			IsClientStream: m.stream.ClientStreams,
			IsServerStream: m.stream.ServerStreams,
		}
		err = c.stream(m.server, end, info, m.stream.Handler)
	}
	if err != nil {
		return asStatus(err)
	}
	return nil
}

// end lets the client see how the call went.
func (s *stream) end() {
	s.said.end()
	close(s.ended)
}

// receive waits for a message: nil when abort ends the wait, io.EOF once closed is closed and all that was sent
// before is received.
func receive(messages <-chan proto.Message, closed, abort <-chan struct{}) (proto.Message, error) {
	select {
	case m := <-messages:
		return m, nil
	case <-abort:
		return nil, nil
	case <-closed:
	}
	select {
	case m := <-messages:
		return m, nil
	default:
		return nil, io.EOF
	}
}
