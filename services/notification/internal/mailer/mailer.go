// Package mailer hands one mail to the shop's mail server, or to a folder, and says exactly what became of it.
//
// What became of it is the whole point: a mail that surely did not go out may be sent again, a mail that may have gone
// out may not. Sender tells the two apart and decides nothing else; when and how often to try is the caller's.
//
// Mails are written, and the SMTP dialogue is led, with github.com/wneessen/go-mail. Its own mail.Client is not used: it
// gives one error for "lost before the mail's end" and "lost after it", which are Retry and Unknown. Its smtp.Client
// lets us write the data's end ourselves (see conn.hand), which makes that boundary exact.
package mailer

import (
	"context"
	"time"

	"kept.dev/kit"
)

// Mail is one message to one person.
type Mail struct {
	// From is the sender, such as "The Shop <service@shop.example>". Empty means the configured sender.
	From string
	// ReplyTo is where answers go, a bare address. Empty means to the sender.
	ReplyTo string
	// To is the addressee's bare address and ToName the name shown with it, which may be empty.
	To, ToName string
	// Subject, Text and HTML are what the person reads. Without HTML the mail is plain text.
	Subject, Text, HTML string
	// MessageID names the mail for its receivers, such as "7f3a@shop.example" (angle brackets are optional): the same
	// each time that the same mail is sent.
	MessageID string
	// LanguageCode is the language of the texts, as of BCP 47, such as "uk-UA". It may be empty.
	LanguageCode string
	// Date is when the mail was written; zero is now.
	Date time.Time
}

// State is what is known of a mail after one try to send it.
type State int

const (
	// Unknown means that the server may or may not have taken the mail: the connection was lost between the mail's
	// end and the server's answer. It is also the zero value, so that a forgotten Outcome claims nothing.
	Unknown State = iota
	// Sent means that the server said it took the mail.
	Sent
	// Retry means that the mail surely was not taken, and that another try may succeed: the server could not be
	// reached or refused for now (4xx), or it refused us and not the mail (5xx before the mail was named, such as a
	// wrong password), which an operator can mend.
	Retry
	// Failed means that the mail was refused (5xx), or can't be written down as one, and would be again.
	Failed
)

// Outcome is what one try came to.
type Outcome struct {
	// State is what is known.
	State State
	// Answer is the server's own answer, or what went wrong on the way to one: one line of at most 500 characters. It
	// may name the addressee, so it belongs in the message's record and never in a log.
	Answer string
}

// Sender sends mails. It may be used by many at once.
type Sender interface {
	// Send tries once. It answers within ctx's deadline. When ctx is cancelled between the mail's end and the
	// server's answer, it waits a few seconds more for the answer: a stopping process should not leave Unknowns behind.
	Send(ctx context.Context, m Mail) Outcome
}

// Finder is a Sender that can tell later whether it has taken a mail.
type Finder interface {
	// Find says what became of the mail of that Message-ID, all tries of which have ended: Sent, or Retry when it surely was
	// not taken.
	Find(messageID string) Outcome
}

// Find says what became of a mail, where the sender can tell. Otherwise it is Unknown.
func Find(s Sender, messageID string) Outcome {
	if s, ok := s.(Finder); ok {
		return s.Find(messageID)
	}
	return Outcome{}
}

// New makes the sender that cfg describes: by SMTP, or into cfg.Folder without a server. Nothing is dialled yet.
//
// cfg.SMTP is smtp://user:password@host:587 or smtps://host:465, with these options:
//
//   - tls=required: with smtp://, never send in the clear. Without it STARTTLS is used wherever the server offers it
//     (and its certificate then has to be right: nothing falls back to the clear), but someone between us and the
//     server can hide the offer. A user's password demands TLS by itself, except to this very machine.
//   - ca=/path/ca.pem: the certificates that vouch for the server, instead of the system's.
//   - connections=4: how many connections there are at most. Providers allow a handful for each of their customers.
//   - insecure=true: believe any certificate. For tests.
//   - hello=mail.shop.example: the name to greet with; the machine's full name or its address when unset.
func New(cfg kit.Mail) (Sender, error) {
	from, err := parseFrom(cfg.From)
	if err != nil {
		return nil, err
	}
	if cfg.SMTP != "" {
		return newServer(cfg.SMTP, from)
	}
	return newFolder(cfg.Folder, from)
}

// Connections is how many mails the sender hands over at the same time.
func Connections(s Sender) int {
	if s, ok := s.(interface{ Connections() int }); ok {
		return s.Connections()
	}
	return usualConnections
}
