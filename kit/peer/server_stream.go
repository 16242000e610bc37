package peer

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// serverStream is the handler's end of a stream.
type serverStream struct {
	*stream
	ctx context.Context
}

var _ grpc.ServerStream = (*serverStream)(nil)

func (s *serverStream) Context() context.Context        { return s.ctx }
func (s *serverStream) SetHeader(md metadata.MD) error  { return s.said.SetHeader(md) }
func (s *serverStream) SendHeader(md metadata.MD) error { return s.said.SendHeader(md) }

// SetTrailer drops what can't be sent; its signature leaves no other way.
func (s *serverStream) SetTrailer(md metadata.MD) { _ = s.said.SetTrailer(md) }

// SendMsg waits while the client reads too slowly, until the context ends.
func (s *serverStream) SendMsg(v any) error {
	m, err := message(v)
	if err != nil {
		return err
	}
	if err := s.ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	s.said.flush()
	select {
	case s.responses <- proto.Clone(m):
		return nil
	case <-s.ctx.Done():
		return status.FromContextError(s.ctx.Err()).Err()
	}
}

// RecvMsg returns io.EOF when the client has sent all.
func (s *serverStream) RecvMsg(v any) error {
	m, err := receive(s.requests, s.sentAll, s.ctx.Done())
	if err != nil {
		return err
	}
	if m == nil {
		return status.FromContextError(s.ctx.Err()).Err()
	}
	return copyMessage(v, m)
}
