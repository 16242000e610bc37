package chain

import (
	"context"

	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
)

// requests is what is checked of each request.
type requests struct {
	rules      rules
	validation validation
	auditing   auditing
}

// checkedStream carries the chain's context, and checks each request that comes in.
type checkedStream struct {
	grpc.ServerStream
	ctx      context.Context
	method   string
	requests requests
	audited  *audit.Call // nil where nothing is noted
	about    any         // the last request
}

func (s *checkedStream) Context() context.Context { return s.ctx }

// SendMsg refuses to send where the handler had to ask for the scope first and has not, and what could not be noted.
func (s *checkedStream) SendMsg(m any) error {
	if err := access.Asked(s.ctx); err != nil {
		return err
	}
	if s.audited != nil {
		if err := s.requests.auditing.note(s.ctx, s.audited, s.about, m); err != nil {
			return err
		}
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
	s.about = m
	return s.requests.validation.message(m)
}
