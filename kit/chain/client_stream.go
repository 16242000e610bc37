package chain

import (
	"context"
	"errors"
	"io"
	"sync"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// tracedStream ends its span when the stream has ended, or when nobody wants it any more.
type tracedStream struct {
	grpc.ClientStream
	single bool // one answer ends it
	finish func(error)
}

// newTracedStream watches the caller's context, not the stream's: gRPC cancels the latter at a good end too.
func newTracedStream(ctx context.Context, stream grpc.ClientStream, span trace.Span, single bool) *tracedStream {
	var once sync.Once
	end := func(err error) { once.Do(func() { finish(span, err) }) }
	forget := context.AfterFunc(ctx, func() { end(status.FromContextError(ctx.Err()).Err()) })
	return &tracedStream{ClientStream: stream, single: single, finish: func(err error) { forget(); end(err) }}
}

func (s *tracedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	switch {
	case errors.Is(err, io.EOF):
		s.finish(nil)
	case err != nil || s.single:
		s.finish(err)
	}
	return err
}
