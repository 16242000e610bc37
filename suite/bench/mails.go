package bench

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// mailCount is how many mails are sent.
const mailCount = 10_000

// mails has the order service say ten thousand times that an order is late, and measures how fast customers are told: until every
// message has been accepted, and until every mail is with the mail server. The limit is a bare sender of the same mails.
func (r *run) mails(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	customers, err := s.people(ctx)
	if err != nil {
		return err
	}
	if _, err := p.settle(ctx, time.Minute); err != nil {
		return err
	}
	count, before := r.cfg.some(mailCount), p.sink.mails()
	accepted, err := p.number(ctx, "notification", `select count(*) from message`)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := p.sayDelayed(ctx, customers, count); err != nil {
		return err
	}
	if _, err := until(ctx, 5*time.Minute, "all messages are accepted", func() (bool, error) {
		n, err := p.number(ctx, "notification", `select count(*) from message`)
		return n-accepted >= int64(count), err
	}); err != nil {
		return err
	}
	heard := time.Since(start)
	if _, err := until(ctx, 10*time.Minute, "all mails are sent", func() (bool, error) { return p.sink.mails()-before >= count, nil }); err != nil {
		return err
	}
	sent := time.Since(start)
	bare, err := bareMails(p.sink.address(), p.sink.lastMail(), count)
	if err != nil {
		return err
	}
	rate := float64(count) / sent.Seconds()
	r.print("%s: mails                %6.0f/s delivered = %.2f of a bare sender's %.0f/s (needed 0.3, aim 0.6); messages accepted %.0f/s",
		p.shape, rate, rate/bare, bare, float64(count)/heard.Seconds())
	_, err = p.settle(ctx, 5*time.Minute)
	return err
}

const saidAtOnce = 500

// sayDelayed writes the facts into the order service's outbox, from where its relay publishes them.
func (p *target) sayDelayed(ctx context.Context, customers []string, count int) error {
	now := time.Now()
	for from := 0; from < count; from += saidAtOnce {
		var rows [][]any
		for i := from; i < min(count, from+saidAtOnce); i++ {
			order := "orders/" + id.New()
			e, err := event.New(ctx, "order", order, 2, now, &orderv1.OrderDelayed{
				Order: order, Customer: "customers/" + customers[i%len(customers)],
				PromisedDeliveryTime: timestamppb.New(now.Add(time.Hour)), ExpectedDeliveryTime: timestamppb.New(now.Add(48 * time.Hour)),
			})
			if err != nil {
				return err
			}
			rows = append(rows, []any{e.ID, e.Type, e.Subject, e.Version, e.Time.UnixMicro(), int64(e.Actor.Role), e.Actor.Subject, e.Traceparent, e.Data, true})
		}
		if err := p.databases["order"].Background().Update(ctx, "bench", func(tx *sqldb.Tx) error {
			tx.ExecValues(`insert into outbox (id, type, subject, version, time, actor_role, actor, traceparent, data, pending) values`, rows, "")
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
