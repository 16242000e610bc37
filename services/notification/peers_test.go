package notification

import (
	"context"

	"google.golang.org/grpc/metadata"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/notification/internal/mailer"
)

// post takes mails. It answers as it is told to, the last answer for ever; without one it takes them all.
type post struct {
	locked
	mails   []mailer.Mail
	answers []mailer.Outcome
	meet    func(ctx context.Context) // called while the mail is on its way
}

func (p *post) Send(ctx context.Context, m mailer.Mail) mailer.Outcome {
	answer, meet := p.take(m)
	if meet != nil {
		meet(ctx)
	}
	return answer
}

func (p *post) take(m mailer.Mail) (mailer.Outcome, func(context.Context)) {
	defer p.hold()()
	p.mails = append(p.mails, m)
	if len(p.answers) == 0 {
		return mailer.Outcome{State: mailer.Sent, Answer: "250 2.0.0 OK"}, p.meet
	}
	answer := p.answers[0]
	if len(p.answers) > 1 {
		p.answers = p.answers[1:]
	}
	return answer, p.meet
}

func (p *post) sent() []mailer.Mail {
	defer p.hold()()
	return append([]mailer.Mail(nil), p.mails...)
}

// customers is the customer service.
type customers struct {
	customerv1.UnimplementedCustomerServiceServer
	locked
	known map[string]*customerv1.Customer
	away  bool
}

func (c *customers) GetCustomer(_ context.Context, req *customerv1.GetCustomerRequest) (*customerv1.Customer, error) {
	defer c.hold()()
	if c.away {
		return nil, errs.Unavailable("AWAY", "away")
	}
	if found, ok := c.known[req.GetName()]; ok {
		return found, nil
	}
	return nil, errs.NotFound(req.GetName())
}

// cases is the support service.
type cases struct {
	supportv1.UnimplementedCaseServiceServer
	locked
	entries map[string]string
	away    bool
}

func (c *cases) GetCaseEntry(_ context.Context, req *supportv1.GetCaseEntryRequest) (*supportv1.CaseEntry, error) {
	defer c.hold()()
	if c.away {
		return nil, errs.Unavailable("AWAY", "away")
	}
	return &supportv1.CaseEntry{Name: req.GetName(), Body: c.entries[req.GetName()]}, nil
}

// orders is the order service, as far as shortages go: it answers the same key alike, and decides once.
type orders struct {
	orderv1.UnimplementedShortageServiceServer
	locked
	answers map[string]*orderv1.Shortage // by idempotency key
	decided *orderv1.Shortage
	carried int
	asked   int
	// before and after fail a call before it has effect, or once it has had it.
	before, after error
}

func (o *orders) AnswerShortage(ctx context.Context, req *orderv1.AnswerShortageRequest) (*orderv1.Shortage, error) {
	defer o.hold()()
	o.asked++
	if o.before != nil {
		return nil, o.before
	}
	key := metadata.ValueFromIncomingContext(ctx, change.Header)[0]
	if answer, ok := o.answers[key]; ok {
		return answer, o.after
	}
	if o.decided != nil {
		return nil, errs.Refused("SHORTAGE_ANSWERED", "it is decided")
	}
	o.carried++
	o.decided = &orderv1.Shortage{
		Name: req.GetName(), State: orderv1.Shortage_ANSWERED, Choice: req.GetChoice(), AnsweredBy: &typepb.Actor{Principal: req.GetAnsweredBy()},
	}
	o.answers[key] = o.decided
	return o.decided, o.after
}

func (o *orders) GetShortage(_ context.Context, req *orderv1.GetShortageRequest) (*orderv1.Shortage, error) {
	defer o.hold()()
	if o.decided != nil {
		return o.decided, nil
	}
	return &orderv1.Shortage{Name: req.GetName(), State: orderv1.Shortage_OPEN}, nil
}

func (o *orders) fail(before, after error) {
	defer o.hold()()
	o.before, o.after = before, after
}
