// Package mailer hands one mail to the shop's mail server, or to a folder, and says exactly what became of it.
//
// What became of it is the whole point: a mail that surely did not go out may be sent again, a mail that may have gone
// out may not. Sender tells the two apart and decides nothing else; when and how often to try is the caller's.
package mailer

import (
	"context"
	"errors"
	"time"

	"kept.dev/kit"
)

// Mail is one message to one person.
type Mail struct {
	// From is the sender, such as "The Shop <service@shop.example>". Empty means the configured sender.
	From string
	// To is the addressee's bare address and ToName the name shown with it, which may be empty.
	To, ToName string
	// Subject, Text and HTML are what the person reads. Without HTML the mail is plain text.
	Subject, Text, HTML string
	// MessageID names the mail for its receivers: the same each time that the same mail is sent.
	MessageID string
	// LanguageCode is the language of the texts, as of BCP 47, such as "uk-UA". It may be empty.
	LanguageCode string
	// Date is when the mail was written.
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
	// Retry means that the mail surely was not taken, and that another try may succeed.
	Retry
	// Failed means that the mail was refused and would be again.
	Failed
)

// Outcome is what one try came to.
type Outcome struct {
	// State is what is known.
	State State
	// Answer is the server's own answer, or what went wrong on the way to one.
	Answer string
}

// Sender sends mails. It may be used by many at once.
type Sender interface {
	// Send tries once. It answers within ctx's deadline.
	Send(ctx context.Context, m Mail) Outcome
}

// New makes the sender that cfg describes: by SMTP, or into cfg.Folder without a server.
func New(cfg kit.Mail) (Sender, error) {
	if cfg.SMTP == "" && cfg.Folder == "" {
		return nil, errors.New("mail: neither a server nor a folder is set")
	}
	return notYet{}, nil
}

// notYet refuses each mail for now.
type notYet struct{}

func (notYet) Send(context.Context, Mail) Outcome {
	return Outcome{State: Retry, Answer: "mail is not sent yet"}
}
