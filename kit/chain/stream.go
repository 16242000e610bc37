package chain

import (
	"context"

	"google.golang.org/grpc"

	"kept.dev/kit/access"
)

// requests is what is checked of each request.
type requests struct {
	rules      rules
	validation validation
}

// checkedStream carries the chain's context, and checks each request that comes in.
type checkedStream struct {
	grpc.ServerStream
	ctx      context.Context
	method   string
	requests requests
}

func (s *checkedStream) Context() context.Context { return s.ctx }

// SendMsg refuses to send where the handler had to ask for the scope first and has not.
func (s *checkedStream) SendMsg(m any) error {
	if err := access.Asked(s.ctx); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(m)
}

func (s *checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil || access.Exempt(s.method) {
		return err // io.EOF must stay what it is
	}
	if err := s.requests.rules.book.Own(access.Caller(s.ctx), s.method, m); err != nil {
		return err
	}
	return s.requests.validation.message(m)
}
