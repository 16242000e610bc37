package mailer

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"unicode"

	"kept.dev/kit/text"
)

// errASCIIOnly is a server's that does not speak SMTPUTF8 (RFC 6531).
var errASCIIOnly = errors.New("the mail server takes no addresses with letters beyond ASCII")

// sendEnvelope names the mail's sender and addressee, up to the server's consent to have the content. Nothing has happened yet
// when it fails, whichever way.
func (c *conn) sendEnvelope(ctx context.Context, l mimeMessage) error {
	if c.begun {
		c.limit(ctx, commandLimit)
		if err := c.smtp.Reset(); err != nil {
			c.broken = true
			return err
		}
	}
	wide := wide(l.from) || wide(l.to)
	if can, _ := c.smtp.Extension("SMTPUTF8"); wide && !can {
		return errASCIIOnly
	}
	c.begun = true
	for _, step := range []func() error{
		func() error { return c.name(l, wide) },
		c.data,
	} {
		c.limit(ctx, commandLimit)
		if err := step(); err != nil {
			c.broken = c.broken || !refusal(err)
			return err
		}
	}
	return nil
}

// data asks to send the content.
func (c *conn) data() error {
	if err := c.smtp.Text.PrintfLine("DATA"); err != nil {
		return err
	}
	_, _, err := c.smtp.Text.ReadResponse(354)
	return err
}

// sendContent sends the content and its end, and tells what became of the mail.
//
// The end is a line with a dot alone. Until its very last byte is given away the server can't have the mail, whatever
// goes wrong; and when writing fails, that byte was not given away: a failed write on a TCP connection is a short one,
// and a TLS record that is cut short can't be read. From then on only the server's answer tells.
func (c *conn) sendContent(ctx context.Context, content []byte) Outcome {
	c.limit(ctx, dataLimit)
	w := c.smtp.Text.DotWriter()
	_, err := w.Write(content)
	if err == nil {
		c.ended.Store(true)
		defer c.ended.Store(false)
		err = w.Close()
	}
	if err != nil {
		c.broken = true
		return Outcome{State: Retry, Answer: answer(fmt.Sprintf("lost before the mail's end: %v", err))}
	}
	c.limit(ctx, answerLimit)
	code, text, err := c.smtp.Text.ReadResponse(0)
	if err != nil {
		c.broken = true
		return Outcome{State: Unknown, Answer: answer(fmt.Sprintf("lost between the mail's end and the server's answer: %v", err))}
	}
	return c.answered(code, text)
}

// answered reads the server's answer to the mail's end.
func (c *conn) answered(code int, text string) Outcome {
	out := Outcome{Answer: answer(fmt.Sprintf("%d %s", code, text))}
	c.begun, c.broken = false, code == 421
	switch code / 100 {
	case 2:
		out.State = Sent
	case 4:
		out.State = Retry
	case 5:
		out.State = Failed
	default: // no answer to this question: we have lost the thread
		c.broken = true
	}
	return out
}

// refused tells what became of a mail that was not even begun.
//
// A 5xx answer is the mail's end, but for 530: that is about us, who should have used TLS or given a password
// (RFC 3207, RFC 4954).
func refused(err error) Outcome {
	var reply *textproto.Error
	switch {
	case errors.Is(err, errASCIIOnly):
		return Outcome{State: Failed, Answer: err.Error()}
	case !errors.As(err, &reply):
		return Outcome{State: Retry, Answer: answer("lost before the mail's content: " + err.Error())}
	}
	out := Outcome{State: Retry, Answer: answer(fmt.Sprintf("%d %s", reply.Code, reply.Msg))}
	if reply.Code/100 == 5 && reply.Code != 530 {
		out.State = Failed
	}
	return out
}

// refusal tells whether the server said no to one mail and goes on listening; 421 says that it does not.
func refusal(err error) bool {
	var reply *textproto.Error
	return errors.As(err, &reply) && (reply.Code/100 == 4 || reply.Code/100 == 5) && reply.Code != 421
}

// envelope is the bare address in angle brackets, quoted where it has to be.
func envelope(a *netmail.Address) string { return (&netmail.Address{Address: a.Address}).String() }

// wide tells whether the address has letters beyond ASCII.
func wide(a *netmail.Address) bool {
	return strings.ContainsFunc(a.Address, func(r rune) bool { return r > unicode.MaxASCII })
}

// answer is one line that any database takes.
func answer(said string) string {
	runes := []rune(text.OneLine(said))
	return string(runes[:min(len(runes), 500)])
}
