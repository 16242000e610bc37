package mailsink_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/services/notification/smtptest"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/mailsink"
	"kept.dev/suite/scenario"
)

// TestMailsAreSentOnceOrUnknown has a real mail server refuse, dawdle and hang up. Each mail ends as it must, over REST, and
// has come as often as its state says; a day later it still has.
func TestMailsAreSentOnceOrUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		fault  smtptest.Fault
		resend bool
		state  string
		came   int
		tries  int
	}{
		"all goes well":                       {state: "SENT", came: 1, tries: 1},
		"refused for now, twice":              {fault: smtptest.Fault{At: smtptest.End, Code: 451, Times: 2}, state: "SENT", came: 1, tries: 3},
		"refused for good":                    {fault: smtptest.Fault{At: smtptest.Recipient, Code: 550}, state: "FAILED", tries: 1},
		"slow":                                {fault: smtptest.Fault{At: smtptest.End, Delay: 300 * time.Millisecond}, state: "SENT", came: 1, tries: 1},
		"cut off before the content":          {fault: smtptest.Fault{At: smtptest.Data, Drop: true, Times: 1}, state: "SENT", came: 1, tries: 2},
		"cut off before the answer":           {fault: smtptest.Fault{At: smtptest.End, Drop: true, Times: 1}, state: "UNKNOWN", came: 1, tries: 1},
		"cut off before the answer, and lost": {fault: smtptest.Fault{At: smtptest.End, Drop: true, Lose: true, Times: 1}, state: "UNKNOWN", tries: 1},
		"cut off, and set to be sent again": {
			fault: smtptest.Fault{At: smtptest.End, Drop: true, Times: 1}, resend: true, state: "SENT", came: 2, tries: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sink, err := mailsink.Open(t.TempDir())
			require.NoError(t, err)
			t.Cleanup(sink.Stop)
			if c.fault != (smtptest.Fault{}) {
				sink.InjectFault(c.fault)
			}
			_, env := environment.EmbeddedWith(t, embedded.Config{Dir: t.TempDir(), Sandbox: true, Mail: kit.Mail{
				SMTP: sink.SMTP(), From: "The Shop <service@shop.example>", PublicURL: "https://shop.example", Resend: c.resend,
			}})
			_, err = scenario.Run(t.Context(), env, scenario.Story{Number: name, Run: func(p *scenario.Runner) {
				state, tries := tell(p)
				require.Equal(t, fmt.Sprint(c.state, " ", c.tries), fmt.Sprint(state, " ", tries))
			}})
			require.NoError(t, err)
			ids := map[string]bool{}
			for _, m := range sink.MailsTo("olena@example.org") {
				require.True(t, m.TLS)
				ids[m.MessageID] = true
			}
			require.Len(t, sink.MailsTo("olena@example.org"), c.came)
			require.LessOrEqual(t, len(ids), 1, "whoever gets it twice can tell")
		})
	}
}

// tell lets an order be late and returns how the mail about it ended, a day later, and how often it was tried.
func tell(p *scenario.Runner) (state string, tries int) {
	admin := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner")
	price := map[string]any{"currencyCode": "EUR", "units": 1}
	p.Post(admin, "/v1/products?productId=pot", map[string]any{"displayName": "Pot", "unitPrice": price}).OK()
	p.Post(admin, "/v1/products/pot/stock:adjust", map[string]any{"quantityDelta": 1, "reason": "new"}).OK()
	p.Post(admin, "/v1/deliveryOptions?deliveryOptionId=months", map[string]any{
		"displayName": "Two months", "promisedDuration": "5184000s", "warningDuration": "5097600s", // at risk after a day
	}).OK()
	customer := p.Post(admin, "/v1/customers", map[string]any{"displayName": "Olena", "email": "olena@example.org"}).OK().Text("name")
	p.Post(admin, "/v1/orders", map[string]any{
		"customer": customer, "lines": []any{map[string]any{"product": "products/pot", "quantity": 1}}, "deliveryOption": "deliveryOptions/months",
	}).OK()
	for range 48 {
		p.Advance(admin, time.Hour)
	}
	found := p.Get(admin, "/v1/messages", "filter", `event_type = "kept.order.v1.OrderDelayed"`).OK().List("messages")
	p.Equal(1, len(found), "messages about it")
	deliveries, _ := found[0]["deliveries"].([]any)
	at := slices.IndexFunc(deliveries, func(d any) bool { return d.(map[string]any)["channel"] == "EMAIL" })
	p.Check(at >= 0, "there is a mail about it: %v", deliveries)
	mail, _ := deliveries[at].(map[string]any)
	attempts, _ := mail["attempts"].([]any)
	return fmt.Sprint(mail["state"]), len(attempts)
}
