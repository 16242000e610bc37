// Package postbox is where the suite's mails go while stories are played: a mail server in this process, real SMTP with TLS,
// or the folder that takes mails where no server is set.
package postbox

import (
	"os"
	"path/filepath"

	"kept.dev/services/notification/smtptest"
	"kept.dev/suite/scenario"
)

// Box is a mail server with what it took.
type Box struct {
	*smtptest.Server
	ca string
}

// Open starts a mail server that insists on TLS. The folder takes its certificate.
func Open(dir string) (*Box, error) {
	server, err := smtptest.Start(smtptest.Options{TLS: smtptest.STARTTLS})
	if err != nil {
		return nil, err
	}
	b := &Box{Server: server, ca: filepath.Join(dir, "smtp-ca.pem")}
	if err := os.WriteFile(b.ca, server.CA(), 0o644); err != nil {
		server.Stop()
		return nil, err
	}
	return b, nil
}

// SMTP is its address, as the suite's settings have it.
func (b *Box) SMTP() string { return b.URL("tls=required", "ca="+b.ca) }

// Env sets it in a process's environment.
func (b *Box) Env() string { return "KEPT_SMTP=" + b.SMTP() }

// For are the mails that have come for an address.
func (b *Box) For(address string) []scenario.Mail {
	var out []scenario.Mail
	for _, m := range b.MailsTo(address) {
		out = append(out, scenario.Mail{ID: m.MessageID, Subject: m.Subject, Text: m.Text})
	}
	return out
}
