package notification

import (
	"net/mail"
	"testing"

	"github.com/stretchr/testify/require"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func TestMailsAreTheCompanys(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "", "olena@example.org")
		b.told(&orderv1.OrderDelayed{Order: "orders/1", Customer: olena})
		b.work()
		company := &customerv1.Company{
			Name: "company", DisplayName: "Kava, Львів", LanguageCodes: []string{"uk", "en"}, Etag: "3",
			SenderEmail: "service@kava.example", ReplyEmail: "answers@kava.example",
		}
		b.hear(b.news("company", 3, &customerv1.CompanyChanged{Company: company}))
		old := &customerv1.Company{Name: "company", DisplayName: "Before", LanguageCodes: []string{"ru"}, Etag: "2"}
		b.hear(b.news("company", 2, &customerv1.CompanyChanged{Company: old}))
		b.told(&orderv1.OrderDelayed{Order: "orders/2", Customer: olena})
		b.work()
		company.SenderDisplayName, company.Etag = "The team", "4"
		b.hear(b.news("company", 4, &customerv1.CompanyChanged{Company: company}))
		b.told(&orderv1.OrderDelayed{Order: "orders/3", Customer: olena})
		b.work()

		sent := b.post.sent()
		require.Len(t, sent, 3)
		require.Equal(t, "", sent[0].From+sent[0].ReplyTo, "of a company of which nothing is known the installation's sender writes")
		require.Equal(t, "en", sent[0].LanguageCode)
		from, err := mail.ParseAddress(sent[1].From)
		require.NoError(t, err)
		require.Equal(t, mail.Address{Name: "Kava, Львів", Address: "service@kava.example"}, *from)
		require.Equal(t, "answers@kava.example", sent[1].ReplyTo)
		require.Equal(t, "uk", sent[1].LanguageCode, "the company's first language, for a customer of whom none is known")
		require.Equal(t, `"The team" <service@kava.example>`, sent[2].From)
	})
}
