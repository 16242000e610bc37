// Package mailsink is where the suite's mails go while stories are played: a mail server in this process, real SMTP with TLS,
// or the folder that takes mails where no server is set.
package mailsink

import (
	"os"
	"path/filepath"

	"kept.dev/services/notification/smtptest"
	"kept.dev/suite/scenario"
)

// Sink is a mail server with what it took.
type Sink struct {
	*smtptest.Server
	ca string
}

// Open starts a mail server that insists on TLS. The folder takes its certificate.
func Open(dir string) (*Sink, error) {
	server, err := smtptest.Start(smtptest.Options{TLS: smtptest.STARTTLS})
	if err != nil {
		return nil, err
	}
	s := &Sink{Server: server, ca: filepath.Join(dir, "smtp-ca.pem")}
	if err := os.WriteFile(s.ca, server.CA(), 0o644); err != nil {
		server.Stop()
		return nil, err
	}
	return s, nil
}

// SMTP is its address, as the suite's settings have it.
func (s *Sink) SMTP() string { return s.URL("tls=required", "ca="+s.ca) }

// Env sets it in a process's environment.
func (s *Sink) Env() string { return "KEPT_SMTP=" + s.SMTP() }

// For are the mails that have come for an address.
func (s *Sink) For(address string) []scenario.Mail {
	var out []scenario.Mail
	for _, m := range s.MailsTo(address) {
		out = append(out, scenario.Mail{ID: m.MessageID, Subject: m.Subject, Text: m.Text})
	}
	return out
}
