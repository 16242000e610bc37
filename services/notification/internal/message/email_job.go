package message

import (
	"context"
	"strings"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/mailer"
)

// call is a mail's timer.
type call = timer.Call[result]

// result is what a try came to. The zero result changes nothing.
type result struct {
	id     string
	try    int
	state  notificationv1.Message_State // of the try, and of the delivery too where no other try follows
	answer string
}

// emailJob is a message on its way out by mail.
type emailJob struct {
	call    *call
	message *notificationv1.Message
	to      contact.Contact
	known   bool // whether there is a copy of the contact
	company *customerv1.Company
	earlier mailer.Outcome // of the last try, where it was cut off
}

func (p *emailJob) id() string { return resource.ID(p.message.GetName()) }
func (p *emailJob) delivery() *notificationv1.Message_Delivery {
	return deliveryOf(p.message, typepb.Channel_EMAIL)
}
func (p *emailJob) tries() int              { return len(p.delivery().GetAttempts()) }
func (p *emailJob) end(r result, err error) { p.call.End(r, err) }

func (p *emailJob) result(try int, state notificationv1.Message_State, answer string) result {
	return result{id: p.id(), try: try, state: state, answer: answer}
}

// over tells whether the delivery has come to its end.
func (p *emailJob) over() bool {
	state := p.delivery().GetState()
	return state != notificationv1.Message_PENDING && state != notificationv1.Message_SENDING
}

// cutOff tells whether the last try was begun and never ended. Who asks has the timer's lease: nobody is at it any more.
func (p *emailJob) cutOff() bool {
	tries := p.delivery().GetAttempts()
	return len(tries) > 0 && tries[len(tries)-1].GetEndTime() == nil
}

const answerCutOff = "the process ended before the answer came"

// findOutcome finds out what became of the last try if it was cut off.
func (s *Service) findOutcome(p *emailJob) {
	if p.over() || !p.cutOff() {
		return
	}
	p.earlier = mailer.Find(s.sender, s.messageID(p.message))
	if p.earlier.Answer == "" {
		p.earlier.Answer = answerCutOff
	}
}

// earlierState is what the last try came to, as it is recorded.
func (p *emailJob) earlierState() notificationv1.Message_State {
	switch p.earlier.State {
	case mailer.Sent:
		return notificationv1.Message_SENT
	case mailer.Retry, mailer.Failed:
		return notificationv1.Message_FAILED
	default:
		return notificationv1.Message_UNKNOWN
	}
}

// collect reads the messages that are to be sent, and to whom. Those that are not there end here.
func (s *Service) collect(ctx context.Context, calls []*call) ([]*emailJob, error) {
	ids := make([]string, len(calls))
	for i, c := range calls {
		ids[i] = strings.TrimSuffix(c.Key, mailKey)
	}
	found, err := s.named(ctx, ids)
	if err != nil {
		return nil, err
	}
	copies, err := s.db.Batch(ctx, s.contacts.Select(customersOf(found)...), s.company.Select())
	if err != nil {
		return nil, err
	}
	contacts, err := s.contacts.Read(copies[0])
	if err != nil {
		return nil, err
	}
	company, err := s.company.Read(copies[1])
	if err != nil {
		return nil, err
	}
	byID := map[string]*notificationv1.Message{}
	for _, m := range found {
		byID[resource.ID(m.GetName())] = m
	}
	var mails []*emailJob
	for i, c := range calls {
		m := byID[ids[i]]
		if m == nil {
			c.End(result{}, errs.NotFound(collection+ids[i]))
			continue
		}
		to, known := contacts[m.GetCustomer()]
		mails = append(mails, &emailJob{call: c, message: m, to: to, known: known, company: company})
	}
	return mails, nil
}

// named reads messages with all that belongs to them.
func (s *Service) named(ctx context.Context, ids []string) ([]*notificationv1.Message, error) {
	list, args := sqldb.List(1, ids)
	answers, err := s.db.Batch(ctx, append(details(ids...), sqldb.Q(messageRows.Select()+` where id in `+list, args...))...)
	if err != nil {
		return nil, err
	}
	last := len(answers) - 1
	found, err := sqldb.All(answers[last], messageRows.Scan)
	if err != nil {
		return nil, err
	}
	return found, add(answers[:last], found...)
}

func customersOf(messages []*notificationv1.Message) []string {
	customers := make([]string, len(messages))
	for i, m := range messages {
		customers[i] = m.GetCustomer()
	}
	return customers
}
