package mailer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"kept.dev/kit/text"
)

// mimeMessage is a mail as it goes over the wire: envelope and content.
type mimeMessage struct {
	// id is the Message-ID without its brackets.
	id string
	// from and to are the envelope's addresses.
	from, to *netmail.Address
	// replyTo is where answers go; nil where that is the sender.
	replyTo *netmail.Address
	content []byte
}

// parseFrom reads the sender's address. It refuses line breaks and their like: they could forge headers.
func parseFrom(text string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(text)
	if err != nil || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, fmt.Errorf(`mail: the sender %q is no address such as "The Shop <service@shop.example>"`, text)
	}
	a.Name = name(a.Name)
	return a, nil
}

// write writes the mail down. An error is the mail's own fault: it would be the same next time.
//
// The same mail always gives the same bytes, so that a receiver who gets it twice can tell.
func write(m Mail, usual *netmail.Address) (mimeMessage, error) {
	l, err := address(m, usual)
	if err != nil {
		return mimeMessage{}, err
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary(boundary(m)))
	setAddress(msg, mail.HeaderFrom, l.from)
	setAddress(msg, mail.HeaderTo, l.to)
	if l.replyTo != nil {
		setAddress(msg, mail.HeaderReplyTo, l.replyTo)
	}
	setSubject(msg, text.OneLine(m.Subject))
	msg.SetMessageIDWithValue(l.id)
	msg.SetDateWithValue(date(m))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office notes in return
	if m.LanguageCode != "" {
		msg.SetGenHeader("Content-Language", m.LanguageCode)
	}
	msg.SetBodyWriter(mail.TypeTextPlain, body(m.Text))
	if m.HTML != "" {
		msg.AddAlternativeWriter(mail.TypeTextHTML, body(m.HTML))
	}
	var content bytes.Buffer
	if _, err := msg.WriteTo(&content); err != nil {
		return mimeMessage{}, fmt.Errorf("write the mail: %w", err)
	}
	l.content = content.Bytes()
	return l, nil
}

// address reads what must be exact: addresses, Message-ID and language. They are refused when they are not.
func address(m Mail, usual *netmail.Address) (l mimeMessage, err error) {
	l.from = usual
	if m.From != "" {
		if l.from, err = parseFrom(m.From); err != nil {
			return mimeMessage{}, err
		}
	}
	if m.ReplyTo != "" {
		if l.replyTo, err = parseFrom(m.ReplyTo); err != nil {
			return mimeMessage{}, err
		}
	}
	if l.to, err = parseTo(m.To); err != nil {
		return mimeMessage{}, err
	}
	l.to.Name = name(m.ToName)
	if l.id, err = parseID(m.MessageID); err != nil {
		return mimeMessage{}, err
	}
	if strings.ContainsFunc(m.LanguageCode, func(r rune) bool { return !letterOrDigit(r) && r != '-' }) {
		return mimeMessage{}, fmt.Errorf("mail: %q is no language", m.LanguageCode)
	}
	return l, nil
}

// parseTo reads a bare address. Its error does not repeat it, as errors may be logged.
func parseTo(text string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress("<" + text + ">")
	if err != nil || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, errors.New("mail: the addressee's address is not valid")
	}
	return a, nil
}

// parseID reads a Message-ID (RFC 5322, section 3.6.4), which also names the file in a folder.
func parseID(text string) (string, error) {
	id := strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
	left, right, _ := strings.Cut(id, "@")
	strange := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>()[]\",:;`, r) }
	if left == "" || right == "" || strings.Contains(right, "@") || len(id) > 250 || strings.ContainsFunc(id, strange) {
		return "", fmt.Errorf("mail: %q is no Message-ID such as 7f3a@shop.example", text)
	}
	return id, nil
}

// date leaves out what the header can't show.
func date(m Mail) time.Time {
	if m.Date.IsZero() {
		return time.Now()
	}
	return m.Date
}

// name makes a name of a text that people wrote. net/mail leaves a backslash as it is among letters beyond ASCII, where
// RFC 2047 (section 5) forbids it, and receivers then can't read the address.
func name(written string) string { return text.OneLine(strings.ReplaceAll(written, `\`, "/")) }

// body writes the text, with one sort of line break: the encoder makes those of a mail of it.
func body(text string) func(io.Writer) (int64, error) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return func(w io.Writer) (int64, error) {
		n, err := breaks.WriteString(w, text)
		return int64(n), err
	}
}

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// boundary is what separates the parts. It depends on their texts, so no text can contain it.
func boundary(m Mail) string {
	sum := sha256.New()
	for _, part := range []string{m.MessageID, m.Text, m.HTML} {
		fmt.Fprintf(sum, "%d ", len(part))
		_, _ = io.WriteString(sum, part)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:16])
}

func letterOrDigit(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
