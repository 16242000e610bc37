package message

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/telemetry"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/mailer"
)

// errNotAccepted does not repeat the server's answer, which may name the addressee: errors are logged.
var errNotAccepted = errors.New("the mail was not taken for now; the message's attempts say why")

// sendMails sends messages by mail. That a try begins is written before it begins, so a try that nobody ended was cut off.
// Whether its mail went out a folder can tell, and a mail server can't. Where nobody knows, the mail is not sent again, unless the
// company would rather have it twice than not at all.
func (s *Service) sendMails(ctx context.Context, calls []*call) {
	mails, err := s.collect(ctx, calls)
	if err != nil {
		for _, c := range calls {
			c.End(result{}, err)
		}
		return
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	var known []*emailJob
	for _, p := range mails {
		s.findOutcome(p)
		switch {
		case p.over():
			p.end(result{}, nil)
		case p.cutOff() && (p.earlier.State == mailer.Sent || p.earlier.State == mailer.Unknown && !s.resend):
			p.end(p.result(p.tries(), p.earlierState(), p.earlier.Answer), nil)
		case p.known:
			known = append(known, p)
		default:
			workers.Go(func() { s.findAndSend(ctx, p, &workers) })
		}
	}
	s.sendBegun(ctx, known, &workers)
}

// findAndSend asks for the address first: somebody else has it, and may take long to say.
func (s *Service) findAndSend(ctx context.Context, p *emailJob, workers *sync.WaitGroup) {
	p.guard(func() (err error) {
		if p.to, err = s.contacts.Find(ctx, p.message.GetCustomer()); err == nil {
			s.sendBegun(ctx, []*emailJob{p}, workers)
		}
		return err
	})
}

// sendBegun begins the mails' tries together and sends each by itself. Where they can't begin together each begins alone.
func (s *Service) sendBegun(ctx context.Context, mails []*emailJob, workers *sync.WaitGroup) {
	mails = reachable(mails)
	if len(mails) == 0 {
		return
	}
	begun, err := s.begin(ctx, mails)
	if err != nil && len(mails) > 1 && !unavailable(err) {
		for i := range mails {
			s.sendBegun(ctx, mails[i:i+1], workers)
		}
		return
	}
	for _, p := range mails {
		if err != nil || !begun[p.id()] {
			p.end(result{}, err)
			continue
		}
		workers.Go(func() {
			p.guard(func() error { p.end(s.resultOf(p, s.send(ctx, p))); return nil })
		})
	}
}

// reachable leaves out those who have no address any more: nothing is sent to them. What is for an address that is not confirmed
// stays to be sent, and its timer is over: the confirmation sets it anew.
func reachable(mails []*emailJob) (left []*emailJob) {
	for _, p := range mails {
		if p.to.Email == "" {
			p.end(p.result(p.tries(), notificationv1.Message_SKIPPED, ""), nil)
			continue
		}
		if !p.to.EmailConfirmed {
			p.end(result{}, nil)
			continue
		}
		left = append(left, p)
	}
	return left
}

// unavailable tells whether the database is away or too busy.
func unavailable(err error) bool {
	kind := errs.KindOf(err)
	return kind == codes.Unavailable || kind == codes.ResourceExhausted
}

// send hands the mail over, with some time left to write down what became of it before another process may take over.
func (s *Service) send(ctx context.Context, p *emailJob) mailer.Outcome {
	ctx = p.call.Trace(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/4))
		defer cancel()
	}
	failpoint.Hit("mail.before", sending.Name)
	outcome := s.sender.Send(ctx, fromCompany(p.company, s.mail(p.message, p.to)))
	failpoint.Hit("mail.after", sending.Name)
	return outcome
}

// resultOf says what an outcome means: an end, or with an error another try later.
func (s *Service) resultOf(p *emailJob, o mailer.Outcome) (result, error) {
	try := p.tries() + 1
	switch o.State {
	case mailer.Sent:
		return p.result(try, notificationv1.Message_SENT, o.Answer), nil
	case mailer.Failed:
		return p.result(try, notificationv1.Message_FAILED, o.Answer), nil
	case mailer.Retry:
		return p.result(try, notificationv1.Message_FAILED, o.Answer), errNotAccepted
	}
	if s.resend {
		return p.result(try, notificationv1.Message_UNKNOWN, o.Answer), errNotAccepted
	}
	return p.result(try, notificationv1.Message_UNKNOWN, o.Answer), nil
}

// guard has a panic be the one mail's failure.
func (p *emailJob) guard(do func() error) {
	if err := telemetry.CatchPanic(do); err != nil {
		p.end(result{}, err)
	}
}
