package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// How long each step may take when the context gives more. RFC 5321 (section 4.5.3.2) has the server's answer to the
// mail's end take ten minutes: giving up on it costs an Unknown.
const (
	dialLimit    = 10 * time.Second
	commandLimit = 30 * time.Second
	dataLimit    = 2 * time.Minute
	answerLimit  = 10 * time.Minute
	// graceLimit is how long we go on waiting for the answer when the context is cancelled.
	graceLimit = 5 * time.Second
)

// conn is a connection to the mail server. One mail at a time goes over it.
type conn struct {
	raw  net.Conn // what limits are set on, under TLS too
	smtp *smtp.Client
	// begun says that a mail was named and never handed over, so that the next one has to clear the table.
	begun bool
	// broken says that nothing more can be said over the connection.
	broken bool
	// ended says that a mail's end may have been sent and its answer is not here.
	ended atomic.Bool
	// bored ends the connection when it is kept for too long.
	bored *time.Timer
}

// open connects, greets, and proves who we are. No mail is named yet, so any failure may be tried again.
func (s *server) open(ctx context.Context) (*conn, error) {
	dialer := net.Dialer{Timeout: dialLimit}
	raw, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	c := &conn{raw: raw}
	stop := c.closeOnCancel(ctx)
	err = c.handshake(ctx, s.settings)
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// handshake does what comes before the first mail: greeting, TLS, password.
func (c *conn) handshake(ctx context.Context, s *settings) (err error) {
	c.limit(ctx, commandLimit)
	wire := c.raw
	if s.implicit {
		wire = tls.Client(wire, s.tls)
	}
	if c.smtp, err = smtp.NewClient(wire, s.host); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if err := c.smtp.Hello(c.greeting(s)); err != nil {
		return err
	}
	if err := c.startTLS(ctx, s); err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	if s.user == "" {
		return nil
	}
	c.limit(ctx, commandLimit)
	if err := c.login(s); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return nil
}

// greeting is what we greet with: a host's full name or, where there is none, its address (RFC 5321, section 4.1.4).
func (c *conn) greeting(s *settings) string {
	if s.hello != "" {
		return s.hello
	}
	local, ok := c.raw.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case local.IP.To4() != nil:
		return fmt.Sprintf("[%s]", local.IP)
	}
	return fmt.Sprintf("[IPv6:%s]", local.IP)
}

// startTLS turns to TLS where the server offers it, and insists where the settings do. What was said so far was in the
// clear, so a missing offer may be the work of someone in between.
func (c *conn) startTLS(ctx context.Context, s *settings) error {
	if s.implicit {
		return nil
	}
	if offered, _ := c.smtp.Extension("STARTTLS"); offered {
		c.limit(ctx, commandLimit)
		return c.smtp.StartTLS(s.tls)
	}
	if s.required {
		return errors.New("it is required, and the server offers none")
	}
	return nil
}

// login proves who we are. By now the connection is hidden, or within this machine.
func (c *conn) login(s *settings) error {
	_, offered := c.smtp.Extension("AUTH")
	ways := map[string]smtp.Auth{
		"PLAIN":         smtp.PlainAuth("", s.user, s.password, s.host, true),
		"LOGIN":         smtp.LoginAuth(s.user, s.password, s.host, true),
		"SCRAM-SHA-256": smtp.ScramSHA256Auth(s.user, s.password),
		"CRAM-MD5":      smtp.CRAMMD5Auth(s.user, s.password),
	}
	for _, way := range strings.Fields(offered) {
		if auth, ok := ways[strings.ToUpper(way)]; ok {
			return c.smtp.Auth(auth)
		}
	}
	return fmt.Errorf("the server offers no way to give one that is known here: %q", offered)
}

// closeOnCancel cuts the connection's waiting short when the context ends. The function that it returns ends that; its answer
// is false when the context came first, and the connection is of no more use.
func (c *conn) closeOnCancel(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { c.expectCancel(ctx) })
}

// limit bounds the next step, by the time given and by the context.
func (c *conn) limit(ctx context.Context, d time.Duration) {
	c.setDeadline(ctx, d)
	if ctx.Err() != nil {
		c.expectCancel(ctx) // heed's may have come before our own deadline
	}
}

// expectCancel is what is left to do when the context has ended: nothing but, after a mail's end, to hear the answer.
func (c *conn) expectCancel(ctx context.Context) {
	if c.ended.Load() && errors.Is(ctx.Err(), context.Canceled) {
		c.setDeadline(ctx, graceLimit)
		return
	}
	c.setDeadline(ctx, 0)
}

func (c *conn) setDeadline(ctx context.Context, d time.Duration) {
	until := time.Now().Add(d)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		until = deadline
	}
	_ = c.raw.SetDeadline(until) // fails on a closed connection only, as will the next step
}

// quit ends the connection politely.
func (c *conn) quit() {
	_ = c.raw.SetDeadline(time.Now().Add(time.Second))
	_ = c.smtp.Quit()
	c.close()
}

func (c *conn) close() { c.raw.Close() }
