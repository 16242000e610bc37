package message

import (
	"context"
	"errors"
	"strings"
	"time"

	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/mailer"
)

type finish = func(context.Context, *sqldb.Tx) error

// errNotTaken does not repeat the server's answer, which may name the addressee: errors are logged.
var errNotTaken = errors.New("the mail was not taken for now; the message's attempts say why")

// sendMail sends a message by mail, and writes down what became of it. That a try begins is written before it begins: a try
// that nobody ended was cut off, and whether its mail went out nobody can know. Such a mail is not sent again, unless
// the shop would rather have it twice than not at all.
func (s *Service) sendMail(ctx context.Context, t timer.Timer) (finish, error) {
	id := strings.TrimSuffix(t.Key, mailKey)
	m, err := s.get(ctx, collection+id, "")
	if err != nil {
		return nil, err
	}
	delivery := deliveryOf(m, notificationv1.Message_EMAIL)
	tries := len(delivery.GetAttempts())
	switch {
	case ended(delivery.GetState()):
		return nothing, nil
	case cutOff(delivery) && !s.resend:
		return s.finishes(id, tries, notificationv1.Message_UNKNOWN, answerCutOff), nil
	}
	to, err := s.contacts.Find(ctx, m.GetCustomer())
	if err != nil {
		return nil, err
	}
	if to.Email == "" {
		return s.finishes(id, tries, notificationv1.Message_SKIPPED, ""), nil
	}
	begun, err := s.begin(ctx, id, tries)
	if err != nil || !begun {
		return nothing, err
	}
	outcome := s.send(ctx, m, to)
	return s.conclude(ctx, id, tries+1, outcome)
}

// send hands the mail over, with some time left to write down what became of it before another process may take over.
func (s *Service) send(ctx context.Context, m *notificationv1.Message, to contact.Contact) mailer.Outcome {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/4))
		defer cancel()
	}
	failpoint.Hit("mail.before", sending.Name)
	outcome := s.sender.Send(ctx, s.mail(m, to))
	failpoint.Hit("mail.after", sending.Name)
	return outcome
}

// conclude says what an outcome means: an end, or another try later.
func (s *Service) conclude(ctx context.Context, id string, try int, o mailer.Outcome) (finish, error) {
	switch o.State {
	case mailer.Sent:
		return s.finishes(id, try, notificationv1.Message_SENT, o.Answer), nil
	case mailer.Failed:
		return s.finishes(id, try, notificationv1.Message_FAILED, o.Answer), nil
	case mailer.Retry:
		return nil, errors.Join(errNotTaken, s.tryLater(ctx, id, try, notificationv1.Message_FAILED, o.Answer))
	}
	if s.resend {
		return nil, errors.Join(errNotTaken, s.tryLater(ctx, id, try, notificationv1.Message_UNKNOWN, o.Answer))
	}
	return s.finishes(id, try, notificationv1.Message_UNKNOWN, o.Answer), nil
}

func nothing(context.Context, *sqldb.Tx) error { return nil }

// ended tells whether a delivery has come to its end.
func ended(state notificationv1.Message_State) bool {
	return state != notificationv1.Message_PENDING && state != notificationv1.Message_SENDING
}

// cutOff tells whether the last try was begun and never ended. Who asks has the timer's lease: nobody is at it any more.
func cutOff(d *notificationv1.Message_Delivery) bool {
	tries := d.GetAttempts()
	return len(tries) > 0 && tries[len(tries)-1].GetEndTime() == nil
}

const answerCutOff = "the process ended before the answer came"
