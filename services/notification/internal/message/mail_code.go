package message

import (
	"context"
	"strings"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/mailer"
)

// codePurpose is what codes are signed for, over the confirmation's id. The customer service, which takes them, makes them as well.
const codePurpose = "confirm e-mail"

// mailCode mails the code by which a customer confirms their address. It is in no inbox, where whoever has set a stranger's address
// could read it; and the mail repeats nothing that the customer wrote, not even a name, since it may be a stranger who gets it.
func (s *Service) mailCode(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	nothing := func(context.Context, *sqldb.Tx) error { return nil }
	code, err := contact.ReadCode(t.Payload)
	if err != nil {
		return nil, err
	}
	to, err := s.contacts.Find(ctx, code.Customer)
	if err != nil {
		return nil, err
	}
	if !code.For(to) {
		return nothing, nil
	}
	copies, err := s.db.Batch(ctx, s.company.Select())
	if err != nil {
		return nil, err
	}
	company, err := s.company.Read(copies[0])
	if err != nil {
		return nil, err
	}
	outcome := s.sender.Send(ctx, fromCompany(company, s.codeMail(t.Key, code, to)))
	if outcome.State == mailer.Retry {
		return nil, errNotAccepted
	}
	return nothing, nil
}

func (s *Service) codeMail(confirmation string, code contact.Code, to contact.Contact) mailer.Mail {
	texts := layoutTextsOf(to.LanguageCode)
	l := mailLayout{
		Language: texts.language, Title: texts.confirm, Greeting: texts.dear,
		Body: strings.Replace(texts.code, "%", s.signer.Code(codePurpose, confirmation), 1),
	}
	return mailer.Mail{
		To: addressOf(to.Email), Subject: l.Title, Text: l.text(), HTML: l.html(), LanguageCode: l.Language,
		MessageID: confirmation + "@" + hostOf(s.publicURL), Date: code.AskedTime,
	}
}
