package smtptest

import (
	"errors"
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection's dialogue.
type session struct {
	server  *Server
	conn    *smtp.Conn
	stopped <-chan struct{}
	known   bool // has given the password
	from    string
	utf8    bool
	to      []string
}

// errDropped answers a command over a connection that is gone: nobody hears it.
var errDropped = errors.New("dropped by the test")

func (s *Server) session(conn *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	if _, hidden := conn.TLSConnectionState(); s.options.TLS != STARTTLS || !hidden {
		s.opened++
	}
	one := &session{server: s, conn: conn, stopped: s.stopped}
	s.mu.Unlock()
	if err := one.meet(Hello); err != nil {
		return nil, err
	}
	return one, nil
}

// meet carries out the stage's fault, if there is one.
func (s *session) meet(at Stage) error {
	f := s.server.strike(at, s.to)
	if f == nil {
		return nil
	}
	s.wait(f.Delay)
	if f.Drop {
		return s.drop()
	}
	return f.refusal()
}

func (s *session) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stopped:
	}
}

func (s *session) drop() error {
	_ = s.conn.Conn().Close()
	return errDropped
}

// Reset is RSET, and the end of each mail.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout is the connection's end.
func (s *session) Logout() error { return nil }

// AuthMechanisms are offered where there is a password.
func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth is AUTH.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		o := s.server.options
		if user != o.User || password != o.Password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

// Mail is MAIL FROM.
func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if s.server.options.User != "" && !s.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from, s.utf8 = from, options.UTF8
	return s.meet(Sender)
}

// Rcpt is RCPT TO.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	if err := s.meet(Recipient); err != nil {
		return err
	}
	return s.ahead()
}

// ahead answers DATA with a fault. The library asks nobody before it lets the content come, so we do that here: say yes
// to the recipient, hear the DATA that follows, and have the library give the fault as its answer. A client must not
// have sent DATA before the answer to RCPT, as those do that make use of PIPELINING.
func (s *session) ahead() error {
	f := s.server.strike(Data, s.to)
	if f == nil {
		return nil
	}
	if _, err := io.WriteString(s.conn.Conn(), "250 2.0.0 Go on\r\n"); err != nil {
		return err
	}
	for one := make([]byte, 1); one[0] != '\n'; {
		if _, err := s.conn.Conn().Read(one); err != nil {
			return err
		}
	}
	s.wait(f.Delay)
	if f.Drop || f.Code == 0 {
		return s.drop()
	}
	return f.refusal()
}

// Data is the content, up to the final dot.
func (s *session) Data(r io.Reader) error {
	if f := s.server.strike(Body, s.to); f != nil {
		_, _ = r.Read(make([]byte, 1))
		s.wait(f.Delay)
		return s.drop()
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // the sender went away before the end
	}
	m, err := Parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: "this is no mail: " + err.Error()}
	}
	m.From, m.To, m.UTF8 = s.from, append(m.To, s.to...), s.utf8
	_, m.TLS = s.conn.TLSConnectionState()
	return s.end(m)
}

// end keeps the mail, unless a fault has it refused or lost. With a mere delay it is kept first.
func (s *session) end(m Mail) error {
	f := s.server.strike(End, s.to)
	if f.refusal() == nil && (f == nil || !f.Lose) {
		s.server.keep(m)
	}
	if f == nil {
		return nil
	}
	s.wait(f.Delay)
	if f.Drop || f.Lose {
		return s.drop()
	}
	return f.refusal()
}
