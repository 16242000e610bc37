package notification

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit"
	"kept.dev/kit/bus"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

const (
	mailsMeasured     = 5000
	customersMeasured = 1000
	connections       = 32
)

// BenchmarkMails measures how many mails a second come from facts to a mail server in this process: their acceptance alone
// (messages written), their sending alone, both at the same time, and the ratio of that to what the mailer by itself hands over
// of the same mails in the same run, with nobody writing anything down. Run it with -benchtime 1x.
func BenchmarkMails(b *testing.B) {
	for _, dialect := range kittest.Dialects {
		b.Run(dialect, func(b *testing.B) {
			p := newPress(b, dialect)
			for b.Loop() {
				p.run(mailsMeasured / 10) // until statements are prepared and connections open
				accepted, sent := p.oneAfterTheOther(mailsMeasured)
				before := p.bare()
				both := p.run(mailsMeasured)
				bare := (before + p.bare()) / 2
				b.ReportMetric(accepted, "accepted/s")
				b.ReportMetric(sent, "sent/s")
				b.ReportMetric(both, "both/s")
				b.ReportMetric(bare, "bare/s")
				b.ReportMetric(sent/bare, "sent/bare")
				b.ReportMetric(both/bare, "both/bare")
			}
		})
	}
}

// press is the service before a mail server, with many customers.
type press struct {
	*fixture
	server *smtptest.Server
	copies *copies
	orders int
}

func newPress(b *testing.B, dialect string) *press {
	server, cfg := mailServer(b, connections)
	sender, err := mailer.New(cfg)
	require.NoError(b, err)
	p := &press{server: server, copies: &copies{Sender: sender}}
	p.fixture = newFixture(b, kittest.Open(b, kittest.NewURL(b, dialect)), func(d *kit.Deps) {
		d.Mail, d.Log = cfg, slog.New(slog.DiscardHandler)
	})
	p.sendBy(p.copies)
	var events []event.Event
	for i := range customersMeasured {
		name := fmt.Sprint("customers/", i)
		events = append(events, p.news(name, 1, &customerv1.CustomerContactChanged{
			Customer: name, DisplayName: fmt.Sprint("Olena ", i), LanguageCode: []string{"en", "uk", "ru"}[i%3], Email: fmt.Sprintf("c%d@example.org", i), EmailConfirmed: true,
		}))
	}
	p.accept(events)
	return p
}

func mailServer(t testing.TB, connections int) (*smtptest.Server, kit.Mail) {
	t.Helper()
	server, err := smtptest.Start(smtptest.Options{})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	return server, kit.Mail{
		SMTP: server.URL(fmt.Sprint("connections=", connections)), From: "The Shop <service@shop.example>", PublicURL: "https://shop.example",
	}
}

// sendBy has the sender in the place of the test's post.
func (b *fixture) sendBy(s mailer.Sender) {
	b.t.Helper()
	service, err := assemble(b.deps, s)
	require.NoError(b.t, err)
	b.service = service
	b.worker = b.newWorker()
}

// copies keeps what it sends, so that the same can be sent once more.
type copies struct {
	mailer.Sender
	locked
	mails []mailer.Mail
}

func (c *copies) Send(ctx context.Context, m mailer.Mail) mailer.Outcome {
	end := c.hold()
	c.mails = append(c.mails, m)
	end()
	return c.Sender.Send(ctx, m)
}

func (c *copies) Connections() int { return mailer.Connections(c.Sender) }

func (c *copies) count() int {
	defer c.hold()()
	return len(c.mails)
}

// facts are delays of as many orders.
func (p *press) facts(n int) []event.Event {
	now := p.clock.Now()
	events := make([]event.Event, n)
	for i := range events {
		p.orders++
		events[i] = p.news("test", 1, &orderv1.OrderDelayed{
			Order: fmt.Sprint("orders/", p.orders), Customer: fmt.Sprint("customers/", p.orders%customersMeasured),
			PromisedDeliveryTime: timestamppb.New(now), ExpectedDeliveryTime: timestamppb.New(now.Add(48 * time.Hour)),
		})
	}
	return events
}

// accept takes events in as the bus hands them over.
func (p *press) accept(events []event.Event) {
	for len(events) > 0 {
		n := min(bus.Batch, len(events))
		require.NoError(p.t, p.consumer.Handle(p.t.Context(), events[:n]))
		events = events[n:]
	}
}

// work runs the worker beside what is done, until all mails are sent, and returns how many a second there were.
func (p *press) work(n int, do func()) float64 {
	p.server.ClearMails()
	p.copies.mails = nil
	ctx, stop := context.WithCancel(p.t.Context())
	var staff sync.WaitGroup
	begun := time.Now()
	staff.Go(func() { _ = p.worker.Run(ctx) })
	do()
	require.Eventually(p.t, func() bool { return p.copies.count() == n }, 5*time.Minute, 5*time.Millisecond)
	require.Eventually(p.t, func() bool {
		return kittest.Number(p.t, p.db, `select count(*) from timer`) == 0
	}, 5*time.Minute, 5*time.Millisecond)
	elapsed := time.Since(begun)
	stop()
	staff.Wait()
	require.Len(p.t, p.server.Mails(), n)
	require.EqualValues(p.t, p.orders, kittest.Number(p.t, p.db, `select count(*) from delivery where channel = 6 and state = 3`))
	return float64(n) / elapsed.Seconds()
}

func (p *press) oneAfterTheOther(n int) (accepted, sent float64) {
	events := p.facts(n)
	begun := time.Now()
	p.accept(events)
	accepted = float64(n) / time.Since(begun).Seconds()
	return accepted, p.work(n, func() {})
}

func (p *press) run(n int) float64 {
	events := p.facts(n)
	return p.work(n, func() { p.accept(events) })
}

// bare sends the same mails again, over as many connections and by the same mailer.
func (p *press) bare() float64 {
	p.server.ClearMails()
	next := make(chan mailer.Mail, len(p.copies.mails))
	for _, m := range p.copies.mails {
		next <- m
	}
	close(next)
	var crowd sync.WaitGroup
	begun := time.Now()
	for range connections {
		crowd.Go(func() {
			for m := range next {
				if out := p.copies.Sender.Send(p.t.Context(), m); out.State != mailer.Sent {
					p.t.Error(out.Answer)
				}
			}
		})
	}
	crowd.Wait()
	return float64(len(p.copies.mails)) / time.Since(begun).Seconds()
}

// A server that refuses for a while gets every mail in the end, each once, and is not asked again before the back-off is over.
func TestManyMailsToAServerThatRefusesForAWhile(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		server, cfg := mailServer(t, 8)
		sender, err := mailer.New(cfg)
		require.NoError(t, err)
		b.sendBy(sender)
		const mails = 100
		var events []event.Event
		for i := range mails {
			name := fmt.Sprint("customers/", i)
			b.meet(name, "en", fmt.Sprintf("c%d@example.org", i))
			events = append(events, b.news("test", 1, &orderv1.OrderDelayed{Order: fmt.Sprint("orders/", i), Customer: name}))
		}
		server.InjectFault(smtptest.Fault{At: smtptest.End, Code: 451, Times: mails + 30})
		b.hear(events...)
		require.Empty(t, server.Mails())
		require.EqualValues(t, mails, kittest.Number(t, b.db, `select count(*) from timer where attempts = 1`))
		b.work()
		require.EqualValues(t, mails, kittest.Number(t, b.db, `select count(*) from attempt`), "not before the back-off is over")
		b.pass(2 * time.Second)
		require.Len(t, server.Mails(), mails-30)
		b.pass(time.Minute)
		once := map[string]int{}
		for _, m := range server.Mails() {
			once[m.To[0]]++
		}
		require.Len(t, once, mails)
		require.Len(t, server.Mails(), mails)
		require.EqualValues(t, 2*mails+30, kittest.Number(t, b.db, `select count(*) from attempt where ended is not null`))
		require.EqualValues(t, mails, kittest.Number(t, b.db, `select count(*) from delivery where channel = 6 and state = 3`))
		require.EqualValues(t, 2*mails, b.said(&notificationv1.DeliveryCompleted{}))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
	})
}
