package notification

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/notification/internal/mailer"
)

// unconfirmed is news of an address that a customer has set, and whose confirmation has begun.
func unconfirmed(confirmation string) *customerv1.CustomerContactChanged {
	return &customerv1.CustomerContactChanged{
		Customer: olena, DisplayName: "Buy pills", LanguageCode: "en", Email: "stranger@example.org", EmailConfirmation: confirmation,
	}
}

// Whoever sets a stranger's address and cancels fifty orders with words of their own mails the stranger one code, and no word.
func TestNothingButACodeIsMailedToAnAddressThatIsNotConfirmed(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.hear(b.news(olena, 1, unconfirmed("0190a")))
		code := b.deps.Signer.Code("confirm e-mail", "0190a")
		for i := range 50 {
			b.told(&orderv1.OrderCancelled{Order: fmt.Sprint("orders/", i), Customer: olena, Reason: "Buy my pills"})
		}
		sent := b.post.sent()
		require.Len(t, sent, 1)
		require.Equal(t, "stranger@example.org", sent[0].To)
		require.Contains(t, sent[0].Text, code)
		require.Contains(t, sent[0].HTML, code)
		for _, mail := range sent {
			require.NotContains(t, strings.Join([]string{mail.ToName, mail.Subject, mail.Text, mail.HTML}, " "), "pills")
		}
		list, err := b.messages().ListMessages(b.customer(olena), &notificationv1.ListMessagesRequest{})
		require.NoError(t, err)
		require.Len(t, list.GetMessages(), 50, "the inbox tells")
		for _, m := range list.GetMessages() {
			require.Equal(t, notificationv1.Message_PENDING, stateOf(m, typepb.Channel_EMAIL))
			require.NotContains(t, m.GetBody(), code)
		}
		b.pass(24 * time.Hour)
		require.Len(t, b.post.sent(), 1, "they wait without trying")
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))

		confirmed := unconfirmed("0190a")
		confirmed.EmailConfirmed = true
		b.hear(b.news(olena, 2, confirmed))
		require.Len(t, b.post.sent(), 51, "and go out once it is")
		b.told(&orderv1.OrderDelayed{Order: "orders/51", Customer: olena})
		require.Len(t, b.post.sent(), 52)
	})
}

func TestACodeIsMailedToTheAddressThatItIsFor(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		other := unconfirmed("")
		other.Email = "another@example.org"
		b.hear(b.news(olena, 2, other))
		b.hear(b.news(olena, 1, unconfirmed("0190a")))
		require.Empty(t, b.post.sent(), "the address was changed meanwhile")

		b.post.answers = []mailer.Outcome{busy, taken}
		again := unconfirmed("0190b")
		again.LanguageCode = "uk"
		b.hear(b.news(olena, 3, again))
		b.pass(time.Hour)
		sent := b.post.sent()
		require.Len(t, sent, 2)
		require.Equal(t, sent[0], sent[1], "the same mail again, since the server was busy")
		require.Contains(t, sent[0].Subject, "Підтвердьте")
		require.NotContains(t, b.log.String(), "stranger@example.org")

		b.hear(b.news(olena, 4, unconfirmed("0190c")), b.news(olena, 5, func() *customerv1.CustomerContactChanged {
			c := unconfirmed("0190c")
			c.EmailConfirmed = true
			return c
		}()))
		require.Len(t, b.post.sent(), 2, "it is confirmed before the code is mailed")
	})
}
