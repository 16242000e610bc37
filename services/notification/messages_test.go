package notification

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

var (
	noon  = timestamppb.New(time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC))
	euros = &money.Money{CurrencyCode: "EUR", Units: 9, Nanos: 900_000_000}
)

// Every fact that a customer has to know becomes one message in their language, in the inbox and in the mailbox, however
// often the fact is told.
func TestEachFactIsToldOnce(t *testing.T) {
	answered := func(choice orderv1.Shortage_Choice, byDefault bool) proto.Message {
		return &orderv1.ShortageAnswered{
			Shortage: "orders/0190/shortages/7", Order: "orders/0190", Customer: olena, Choice: choice, Defaulted: byDefault,
			ExpectedDeliveryTime: noon, RefundedAmount: euros,
		}
	}
	cases := map[string]struct {
		fact                   proto.Message
		template, about, words string
	}{
		"a delay": {&orderv1.OrderDelayed{Order: "orders/0190", Customer: olena, PromisedDeliveryTime: noon, ExpectedDeliveryTime: noon},
			"order-delayed", "orders/0190", "до 8 березня 2026 р., 12:00 UTC"},
		"a cancellation": {&orderv1.OrderCancelled{Order: "orders/0190", Customer: olena, Reason: "The supplier has gone"},
			"order-cancelled", "orders/0190", "The supplier has gone"},
		"a return": {&orderv1.OrderReturned{Order: "orders/0190", Customer: olena, Reason: "Too small", GoodsAmount: euros},
			"order-returned", "orders/0190", "9,90"},
		"a refund": {&orderv1.RefundSettled{Order: "orders/0190", Customer: olena, Amount: euros, Purpose: orderv1.Refund_SPEED_FEE},
			"refund-settled", "orders/0190", "плата за швидку доставку"},
		"a broken promise": {&promisev1.RemedyRequired{Customer: olena, About: "orders/0190", Kind: "promiseKinds/delivery", DueTime: noon,
			Fee: euros, Remedies: []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 100}, {Type: typepb.Remedy_APOLOGY}}}, "promise-broken", "orders/0190", "бали: 100"},
		"an interim reply": {&supportv1.InterimReplyGiven{Case: "cases/77", Customer: olena, About: "orders/0190", ReplyDueTime: noon,
			OrderSnapshot: &supportv1.OrderSnapshot{Order: "orders/0190", State: "SHIPPED"}}, "case-interim", "cases/77", "у дорозі до вас"},
		"waiting":      {answered(orderv1.Shortage_WAIT, false), "shortage-answered-wait", "orders/0190", "8 березня"},
		"a substitute": {answered(orderv1.Shortage_SUBSTITUTE, false), "shortage-answered-substitute", "orders/0190", "9,90"},
		"calling off":  {answered(orderv1.Shortage_CANCEL, false), "shortage-answered-cancel", "orders/0190", "9,90"},
		"the default":  {answered(orderv1.Shortage_WAIT, true), "shortage-answered-by-default", "orders/0190", "чекатимемо"},
	}
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "uk-UA", "olena@example.org")
		for name, c := range cases {
			accepted, delivered, mails := b.said(&notificationv1.MessageAccepted{}), b.said(&notificationv1.DeliveryCompleted{}), len(b.post.sent())
			e := b.told(c.fact)
			b.hear(e)
			m, err := b.messages().GetMessage(b.customer(olena), &notificationv1.GetMessageRequest{Name: "messages/" + e.ID})
			require.NoError(t, err, name)
			require.Equal(t, "templates/"+c.template, m.GetTemplate(), name)
			require.Equal(t, "uk "+olena+" "+c.about, m.GetLanguageCode()+" "+m.GetCustomer()+" "+m.GetAbout(), name)
			require.Equal(t, e.Type, m.GetEventType())
			require.EqualValues(t, 1, m.GetTemplateVersion())
			require.Contains(t, strings.ReplaceAll(m.GetBody(), "\u00a0", " "), c.words, name)
			require.Empty(t, m.GetOptions())
			require.Equal(t, notificationv1.Message_SENT, stateOf(m, typepb.Channel_INBOX))
			require.Equal(t, notificationv1.Message_SENT, stateOf(m, typepb.Channel_EMAIL))
			require.Len(t, b.post.sent(), mails+1)
			mail := b.post.sent()[mails]
			require.Equal(t, "olena@example.org Olena "+m.GetTitle(), mail.To+" "+mail.ToName+" "+mail.Subject)
			require.Contains(t, mail.Text, m.GetBody())
			require.Contains(t, mail.Text, "Вітаємо, Olena!")
			require.Equal(t, e.ID+"@shop.example", mail.MessageID)
			require.Equal(t, accepted+1, b.said(&notificationv1.MessageAccepted{}))
			require.Equal(t, delivered+2, b.said(&notificationv1.DeliveryCompleted{}))
		}
	})
}

// The inbox may have forgotten an event that comes again; its message has not.
func TestAMessageOutlivesTheInbox(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "olena@example.org")
		e := b.told(b.shortage())
		kittest.Exec(t, b.db, `delete from inbox`)
		b.hear(e)
		b.only(b.customer(olena))
		require.Len(t, b.post.sent(), 1)
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`), "and nobody is troubled by it")
	})
}

func TestNobodyApologizesWhereTheShopDoesNot(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "olena@example.org")
		b.told(&promisev1.RemedyRequired{Customer: olena, About: "orders/0190", Remedies: []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 100}, {Type: typepb.Remedy_CASE}}})
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from message`))
	})
}

// A fact may come before the news of how to reach its customer. Then the customer service is asked, and what it says is kept.
func TestAStrangerIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.customers.known[olena] = &customerv1.Customer{Name: olena, DisplayName: "Olena", LanguageCode: "ru", Email: "olena@example.org", EmailConfirmed: true, Etag: "4"}
		b.customers.away = true
		b.told(b.shortage())
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from message`), "nobody knows in which language")
		b.customers.away = false
		b.pass(time.Hour)
		m := b.only(b.customer(olena))
		require.Equal(t, "ru", m.GetLanguageCode())
		require.Len(t, m.GetOptions(), 3)
		require.Len(t, b.post.sent(), 1)

		b.hear(b.news(olena, 3, &customerv1.CustomerContactChanged{Customer: olena, LanguageCode: "en", Email: "old@example.org", EmailConfirmed: true}))
		b.told(&orderv1.OrderDelayed{Order: "orders/0191", Customer: olena})
		require.Equal(t, "olena@example.org", b.post.sent()[1].To, "older news do not count")
	})
}

func TestWhomNobodyKnowsIsToldInEnglish(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.told(b.shortage())
		m := b.only(b.customer(olena))
		require.Equal(t, "en", m.GetLanguageCode())
		require.Equal(t, notificationv1.Message_SKIPPED, stateOf(m, typepb.Channel_EMAIL))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from contact where email <> ''`))
	})
}

func TestWithoutAnAddressThereIsNoMail(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "uk", "")
		b.told(b.shortage())
		m := b.only(b.customer(olena))
		require.Equal(t, notificationv1.Message_SKIPPED, stateOf(m, typepb.Channel_EMAIL))
		require.Equal(t, notificationv1.Message_SENT, stateOf(m, typepb.Channel_INBOX))
		require.Empty(t, b.post.sent())
		require.EqualValues(t, 2, b.said(&notificationv1.DeliveryCompleted{}))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
	})
}

func TestTheLatestContactStands(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		for i, order := range [][]int{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {1, 3, 2}} {
			who := fmt.Sprint("customers/", i)
			for _, version := range order {
				b.hear(b.news(who, int64(version), &customerv1.CustomerContactChanged{
					Customer: who, Email: fmt.Sprintf("%d@example.org", version), EmailConfirmed: true,
				}))
			}
			b.told(&orderv1.OrderDelayed{Order: "orders/0190", Customer: who})
			require.Equal(t, "3@example.org", b.post.sent()[i].To, "%v", order)
		}
	})
}

// The words of a reply are fetched when they are needed. They, and addresses, are in no event, no timer and no log.
func TestWhatAPersonRepliedComesInTheirWords(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		const words = "Olena, it left Kyiv & is with you <today>.\n\n{case} is closed."
		b.meet(olena, "en", "olena@example.org")
		b.cases.entries["cases/77/entries/2"], b.cases.away = words, true
		b.told(&supportv1.CaseReplied{Case: "cases/77", Customer: olena, About: "orders/0190", Entry: "cases/77/entries/2"})
		b.pass(time.Minute)
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from message`))
		b.cases.away = false
		b.pass(time.Hour)
		m := b.only(b.customer(olena))
		require.Equal(t, "templates/case-replied cases/77", m.GetTemplate()+" "+m.GetAbout())
		require.Contains(t, m.GetBody(), words)
		require.Contains(t, b.post.sent()[0].HTML, "is with you &lt;today&gt;.")

		rows, err := b.db.Query(t.Context(), `select data from outbox union all select payload from timer`)
		require.NoError(t, err)
		require.Positive(t, rows.Len())
		for rows.Next() {
			var data []byte
			require.NoError(t, rows.Scan(&data))
			for _, private := range []string{"Kyiv", "olena@", "Olena"} {
				require.NotContains(t, string(data), private)
				require.NotContains(t, b.log.String(), private)
			}
		}
		require.Contains(t, b.log.String(), "message.compose", "failures are logged")
	})
}

// A customer sees their own messages, and nobody but them the links by which to act.
func TestAnInboxIsItsCustomers(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "")
		b.told(b.shortage())
		m := b.only(b.customer(olena))
		require.Len(t, m.GetOptions(), 3)
		for _, o := range m.GetOptions() {
			require.Regexp(t, `^actions/`+strings.TrimPrefix(m.GetName(), "messages/")+`\.`+strings.ToLower(o.GetChoice())+`\.`, o.GetAction())
			require.NotEmpty(t, o.GetLabel())
		}
		seen := b.only(b.agent())
		require.Len(t, seen.GetOptions(), 3)
		for _, o := range seen.GetOptions() {
			require.Empty(t, o.GetAction())
		}
		list, err := b.messages().ListMessages(b.customer(ivan), &notificationv1.ListMessagesRequest{})
		require.NoError(t, err)
		require.Empty(t, list.GetMessages())
		for _, name := range []string{m.GetName(), "messages/none"} {
			_, err = b.messages().GetMessage(b.customer(ivan), &notificationv1.GetMessageRequest{Name: name})
			require.Equal(t, codes.NotFound, status.Code(err))
			_, err = b.messages().MarkMessageRead(b.customer(ivan), &notificationv1.MarkMessageReadRequest{Name: name})
			require.Equal(t, codes.NotFound, status.Code(err))
		}
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from message where read is not null`))
	})
}

func TestReadingCountsTheFirstTime(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "")
		b.told(b.shortage())
		name := b.only(b.customer(olena)).GetName()
		first, err := b.messages().MarkMessageRead(b.customer(olena), &notificationv1.MarkMessageReadRequest{Name: name})
		require.NoError(t, err)
		require.NotNil(t, first.GetReadTime())
		b.pass(time.Hour)
		again, err := b.messages().MarkMessageRead(b.customer(olena), &notificationv1.MarkMessageReadRequest{Name: name})
		require.NoError(t, err)
		require.True(t, proto.Equal(first, again))
		got, err := b.messages().GetMessage(b.customer(olena), &notificationv1.GetMessageRequest{Name: name})
		require.NoError(t, err)
		require.True(t, proto.Equal(first, got))
	})
}

func TestListsAreFilteredAndPaged(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "")
		var all []event.Event
		for i := range 7 {
			all = append(all, b.told(&orderv1.OrderDelayed{Order: fmt.Sprint("orders/", i%2), Customer: olena}))
		}
		b.told(&orderv1.OrderCancelled{Order: "orders/0", Customer: olena, Reason: "x"})
		request := &notificationv1.ListMessagesRequest{
			PageSize: 2, Filter: `about = "orders/0" AND event_type = "kept.order.v1.OrderDelayed" AND template = "templates/order-delayed"`,
			OrderBy: "create_time",
		}
		var got []string
		for {
			page, err := b.messages().ListMessages(b.customer(olena), request)
			require.NoError(t, err)
			for _, m := range page.GetMessages() {
				got = append(got, m.GetName())
			}
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				break
			}
		}
		require.Equal(t, []string{"messages/" + all[0].ID, "messages/" + all[2].ID, "messages/" + all[4].ID, "messages/" + all[6].ID}, got)
	})
}

// A page of long messages ends early, so that the answer stays one that can be sent; nothing is lost between pages.
func TestAPageOfLongMessagesIsShorter(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "")
		b.cases.entries["cases/1/entries/1"] = strings.Repeat("Ж", 10_000)
		for range 4 {
			var events []event.Event
			for range 40 {
				events = append(events, b.news("cases/1", 1, &supportv1.CaseReplied{Case: "cases/1", Customer: olena, Entry: "cases/1/entries/1"}))
			}
			b.hear(events...)
		}
		request, seen, pages := &notificationv1.ListMessagesRequest{PageSize: 1000}, map[string]bool{}, 0
		for {
			page, err := b.messages().ListMessages(b.customer(olena), request)
			require.NoError(t, err)
			require.Less(t, proto.Size(page), 4<<20)
			for _, m := range page.GetMessages() {
				require.False(t, seen[m.GetName()])
				seen[m.GetName()] = true
			}
			pages++
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				break
			}
		}
		require.Len(t, seen, 160)
		require.Equal(t, 2, pages)
	})
}

// However many events come at once, each customer's messages are numbered without a gap, and each is told once.
func TestManyEventsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "uk", "olena@example.org")
		b.meet(ivan, "en", "")
		var events []event.Event
		for n := range 60 {
			events = append(events, b.news("test", 1, &orderv1.OrderDelayed{
				Order: fmt.Sprintf("orders/%d", n), Customer: []string{olena, ivan, "customers/unheard-of"}[n%3],
			}))
		}
		b.hear(append(events, events[:10]...)...)
		for _, customer := range []string{olena, ivan, "customers/unheard-of"} {
			require.EqualValues(t, 20, kittest.Number(t, b.db, `select count(*) from message where customer = $1`, customer))
			require.EqualValues(t, 20, kittest.Number(t, b.db, `select max(number) from message where customer = $1`, customer))
			require.EqualValues(t, 20, kittest.Number(t, b.db, `select messages from addressee where customer = $1`, customer))
		}
		require.EqualValues(t, 120, kittest.Number(t, b.db, `select count(*) from delivery`))
		require.Len(t, b.post.sent(), 20)
		require.EqualValues(t, 60, b.said(&notificationv1.MessageAccepted{}))
		require.EqualValues(t, 120, b.said(&notificationv1.DeliveryCompleted{}))
	})
}
