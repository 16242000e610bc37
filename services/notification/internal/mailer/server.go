package mailer

import (
	"context"
	"fmt"
	netmail "net/mail"
	"time"
)

// server is an SMTP server and the connections that we keep to it.
type server struct {
	*settings
	from *netmail.Address
	// turns holds a token for each connection that may be in use.
	turns chan struct{}
	conns connPool
}

func newServer(url string, from *netmail.Address) (*server, error) {
	s, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	return &server{settings: s, from: from, turns: make(chan struct{}, s.connections), conns: connPool{patience: idleFor}}, nil
}

// Connections is how many mails are handed over at the same time.
func (s *server) Connections() int { return s.connections }

// Send hands the mail to the server, over a connection that is left from the last one if there is one.
//
// A kept connection may have died since, and the server may have had enough of it. When that comes out before the
// mail's data were begun, nothing has happened yet: the mail starts anew on a fresh connection, within this one try.
func (s *server) Send(ctx context.Context, m Mail) Outcome {
	l, err := write(m, s.from)
	if err != nil {
		return Outcome{State: Failed, Answer: answer(err.Error())}
	}
	if err := s.await(ctx); err != nil {
		return Outcome{State: Retry, Answer: answer(err.Error())}
	}
	defer func() { <-s.turns }()
	if c := s.conns.take(); c != nil {
		if out, alive := s.transact(ctx, c, l); alive {
			return out
		}
	}
	c, err := s.open(ctx)
	if err != nil {
		return Outcome{State: Retry, Answer: answer(err.Error())}
	}
	out, _ := s.transact(ctx, c, l)
	return out
}

// await waits for a turn, but only for half of the time that there is: a mail that is begun too late would be cut off
// before the server's answer, and so end as Unknown.
func (s *server) await(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("all %d connections to the mail server are busy: %w", s.connections, ctx.Err())
	}
}

// transact sends the message over the connection, and keeps it if it may be used again. alive is false when the connection
// was of no use, and the message's data had not been begun.
func (s *server) transact(ctx context.Context, c *conn, l mimeMessage) (out Outcome, alive bool) {
	stop := c.closeOnCancel(ctx)
	err := c.sendEnvelope(ctx, l)
	if err == nil {
		out = c.sendContent(ctx, l.content)
	} else {
		out = refused(err)
	}
	alive = err == nil || !c.broken
	if !stop() || c.broken {
		c.close()
	} else {
		s.conns.put(c)
	}
	return out, alive
}
