package peer

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// clientStream is the caller's end of a stream. One goroutine may send while another receives.
type clientStream struct {
	*stream
	ctx  context.Context
	desc *grpc.StreamDesc
	opts []grpc.CallOption

	closing sync.Once
	sent    bool // nothing more may be sent; the sender's own

	final    error // what receiving returns from the end on; the receiver's own
	received bool  // likewise
}

var _ grpc.ClientStream = (*clientStream)(nil)

func (c *clientStream) Context() context.Context { return c.ctx }

// Header waits until the handler has sent its header or has ended.
func (c *clientStream) Header() (metadata.MD, error) {
	select {
	case <-c.said.onSend:
		return c.said.current(), nil
	case <-c.ctx.Done():
		return nil, status.FromContextError(c.ctx.Err()).Err()
	}
}

// Trailer is there once receiving has returned an error.
func (c *clientStream) Trailer() metadata.MD {
	select {
	case <-c.ended:
		_, trailer := c.said.end()
		return trailer.Copy()
	default:
		return nil
	}
}

// SendMsg waits while the handler reads too slowly. It returns io.EOF when the call is over; RecvMsg tells why.
func (c *clientStream) SendMsg(v any) error {
	if c.sent {
		return status.Error(codes.Internal, "SendMsg called after CloseSend")
	}
	m, err := message(v)
	if err != nil {
		return err
	}
	over := io.EOF
	if !c.desc.ClientStreams {
		c.sent = true
		over = nil
	}
	if c.ctx.Err() != nil {
		return over
	}
	select {
	case <-c.ended:
		return over
	default:
	}
	select {
	case c.requests <- proto.Clone(m):
		return nil
	case <-c.ended:
		return over
	case <-c.ctx.Done():
		return over
	}
}

func (c *clientStream) CloseSend() error {
	c.sent = true
	c.closing.Do(func() { close(c.sentAll) })
	return nil
}

// RecvMsg returns io.EOF at the end of a call that went well, else the call's status.
func (c *clientStream) RecvMsg(v any) error {
	if c.final != nil {
		return c.final
	}
	m, err := c.next()
	if err != nil {
		return c.finish(err)
	}
	if err := copyMessage(v, m); err != nil {
		return c.finish(err)
	}
	c.received = true
	if c.desc.ServerStreams {
		return nil
	}
	// One response only: the call is over when the status is there.
	_, err = c.next()
	switch {
	case errors.Is(err, io.EOF):
		_ = c.finish(err) // it went well
		return nil
	case err == nil:
		err = status.Error(codes.Internal, "cardinality violation: expected <EOF> for non server-streaming RPCs, but received another message")
	}
	return c.finish(err)
}

// next is the next response, or why there is none.
func (c *clientStream) next() (proto.Message, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	m, err := receive(c.responses, c.ended, c.ctx.Done())
	switch {
	case err != nil:
		return nil, c.ending()
	case m == nil:
		return nil, status.FromContextError(c.ctx.Err()).Err()
	}
	return m, nil
}

// ending is how the handler's end looks to the client.
func (c *clientStream) ending() error {
	if c.result != nil {
		return c.result
	}
	if !c.desc.ServerStreams && !c.received {
		return status.Error(codes.Internal, "cardinality violation: received no response message from non-server-streaming RPC")
	}
	return io.EOF
}

// finish notes how the call ended and tells the caller's options.
func (c *clientStream) finish(err error) error {
	c.final = err
	tell(c.opts, c.said.current(), c.Trailer())
	if errors.Is(err, io.EOF) {
		err = nil
	}
	finished(c.opts, err)
	return c.final
}
