package timeline

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

func euros(units int64, nanos int32) *money.Money {
	return &money.Money{CurrencyCode: "EUR", Units: units, Nanos: nanos}
}

func TestWhatIsKeptOfAnEvent(t *testing.T) {
	later := timestamppb.New(noon.Add(90 * time.Minute))
	cases := map[string]struct {
		fact fact
		want *customerv1.TimelineEntry
	}{
		"an order": {
			&orderv1.OrderPlaced{
				Order: "orders/1", Customer: olena, TotalAmount: euros(59, 0), SpeedFee: euros(9, 900_000_000),
				PromisedDeliveryTime: later, Channel: typepb.Channel_PHONE,
				Lines: []*orderv1.OrderedLine{{Product: "products/pot", Quantity: 2}},
			},
			&customerv1.TimelineEntry{
				Resource: "orders/1", About: "orders/1", Channel: typepb.Channel_PHONE,
				Details: map[string]string{
					"total_amount": "59.00 EUR", "speed_fee": "9.90 EUR", "promised_delivery_time": "2026-03-08T13:30:00Z",
				},
			},
		},
		"a cancellation": {
			&orderv1.OrderCancelled{Order: "orders/1", Customer: olena, Reason: `Sold "out"`},
			&customerv1.TimelineEntry{Resource: "orders/1", About: "orders/1", Details: map[string]string{"reason": `Sold "out"`}},
		},
		"a refund is about its order": {
			&orderv1.RefundSettled{
				Refund: "orders/1/refunds/speed-fee", Order: "orders/1", Customer: olena, Amount: euros(0, 50_000_000),
				Purpose: orderv1.Refund_SPEED_FEE,
			},
			&customerv1.TimelineEntry{
				Resource: "orders/1/refunds/speed-fee", About: "orders/1", Details: map[string]string{"amount": "0.05 EUR", "purpose": "SPEED_FEE"},
			},
		},
		"a shortage is about its order": {
			&orderv1.ShortageAnswered{
				Shortage: "orders/1/shortages/2", Order: "orders/1", Customer: olena, Product: "products/pot", Choice: orderv1.Shortage_WAIT, Defaulted: true,
			},
			&customerv1.TimelineEntry{
				Resource: "orders/1/shortages/2", About: "orders/1",
				Details: map[string]string{"product": "products/pot", "choice": "WAIT", "defaulted": "true"},
			},
		},
		"a promise is about what was promised": {
			&promisev1.PromiseMade{Promise: "promises/1", Customer: olena, About: "cases/7", Service: "support", Kind: "promiseKinds/reply", DueTime: later},
			&customerv1.TimelineEntry{
				Resource: "promises/1", About: "cases/7",
				Details: map[string]string{"service": "support", "kind": "promiseKinds/reply", "due_time": "2026-03-08T13:30:00Z"},
			},
		},
		"the promise of a refund is about the order": {
			&promisev1.PromiseKept{Promise: "promises/1", Customer: olena, About: "orders/1/refunds/x", KeepTime: later},
			&customerv1.TimelineEntry{Resource: "promises/1", About: "orders/1", Details: map[string]string{"keep_time": "2026-03-08T13:30:00Z"}},
		},
		"a case": {
			&supportv1.CaseOpened{Case: "cases/7", Customer: olena, About: "orders/1/shortages/2", Channel: typepb.Channel_EMAIL, Queue: "queues/front"},
			&customerv1.TimelineEntry{
				Resource: "cases/7", About: "orders/1", Channel: typepb.Channel_EMAIL, Details: map[string]string{"queue": "queues/front"},
			},
		},
		"a case about nothing": {
			&supportv1.CaseClosed{Case: "cases/7", Customer: olena},
			&customerv1.TimelineEntry{Resource: "cases/7", About: "cases/7", Details: map[string]string{}},
		},
		"messages within are left out": {
			&supportv1.InterimReplyGiven{
				Case: "cases/7", Customer: olena, About: "orders/1", Entry: "cases/7/entries/8", OrderSnapshot: &supportv1.OrderSnapshot{State: "PLACED"},
			},
			&customerv1.TimelineEntry{Resource: "cases/7", About: "orders/1", Details: map[string]string{"entry": "cases/7/entries/8"}},
		},
		"points": {
			&loyaltyv1.PointsPosted{
				Posting: "programs/main/accounts/olena/postings/1", Account: "programs/main/accounts/olena", Customer: olena,
				Kind: loyaltyv1.Posting_REVERSAL, Points: -50, Balance: 12,
			},
			&customerv1.TimelineEntry{
				Resource: "programs/main/accounts/olena/postings/1", About: "programs/main/accounts/olena/postings/1",
				Details: map[string]string{"account": "programs/main/accounts/olena", "kind": "REVERSAL", "points": "-50", "balance": "12"},
			},
		},
		"a message by e-mail": {
			&notificationv1.DeliveryCompleted{
				Message: "messages/1", Customer: olena, About: "orders/1", Channel: typepb.Channel_EMAIL, Outcome: notificationv1.Message_SENT,
			},
			&customerv1.TimelineEntry{
				Resource: "messages/1", About: "orders/1", Channel: typepb.Channel_EMAIL, Details: map[string]string{"outcome": "SENT"},
			},
		},
		"a message in the inbox": {
			&notificationv1.DeliveryCompleted{Message: "messages/1", Customer: olena, Channel: typepb.Channel_INBOX, Outcome: notificationv1.Message_SENT},
			&customerv1.TimelineEntry{Resource: "messages/1", About: "messages/1", Channel: typepb.Channel_INBOX, Details: map[string]string{"outcome": "SENT"}},
		},
		"a value from a later contract": {
			&promisev1.PromiseBroken{Promise: "promises/1", Customer: olena, About: "orders/1", Cause: 99},
			&customerv1.TimelineEntry{Resource: "promises/1", About: "orders/1", Details: map[string]string{"cause": "99"}},
		},
		"a new customer": {
			&customerv1.CustomerCreated{Customer: olena},
			&customerv1.TimelineEntry{Resource: olena, About: olena, Details: map[string]string{}},
		},
		"nothing personal": {
			&customerv1.CustomerContactChanged{
				Customer: olena, DisplayName: "Olena", LanguageCode: "uk", Email: "olena@example.org", Phone: "+380441234567",
			},
			&customerv1.TimelineEntry{Resource: olena, About: olena, Details: map[string]string{}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := event.Event{ID: "e1", Source: "order", Type: "a.B", Time: noon}
			c.want.Name, c.want.EventTime, c.want.Source, c.want.EventType = olena+"/timelineEntries/e1", timestamppb.New(noon), "order", "a.B"
			got := entryOf(e, c.fact)
			require.True(t, proto.Equal(c.want, got), "want %s\n got %s", protojson.Format(c.want), protojson.Format(got))
		})
	}
}

func TestAmountsHaveTheDigitsOfTheirCurrency(t *testing.T) {
	for want, m := range map[string]*money.Money{
		"12.50 EUR":     {CurrencyCode: "EUR", Units: 12, Nanos: 500_000_000},
		"0.01 EUR":      {CurrencyCode: "EUR", Nanos: 10_000_000},
		"1250 JPY":      {CurrencyCode: "JPY", Units: 1250},
		"1.005 KWD":     {CurrencyCode: "KWD", Units: 1, Nanos: 5_000_000},
		"7 no currency": {CurrencyCode: "no currency", Units: 7},
	} {
		require.Equal(t, want, amountText(m))
	}
}

// TestEveryFactIsInTheTimeline walks all events of the contract: each is either heard, or only said between services.
func TestEveryFactIsInTheTimeline(t *testing.T) {
	between := []string{
		"kept.customer.v1.CompanyChanged", "kept.customer.v1.CalendarChanged", "kept.customer.v1.CalendarDeleted",
		"kept.promise.v1.PromiseDue", "kept.promise.v1.RemedyRequired",
	}
	var heard []string
	for _, h := range (&Service{}).events() {
		heard = append(heard, h.Types...)
	}
	var all []string
	for _, file := range []protoreflect.FileDescriptor{
		customerv1.File_kept_customer_v1_events_proto, orderv1.File_kept_order_v1_events_proto,
		promisev1.File_kept_promise_v1_events_proto, loyaltyv1.File_kept_loyalty_v1_events_proto,
		notificationv1.File_kept_notification_v1_events_proto, supportv1.File_kept_support_v1_events_proto,
	} {
		for i := range file.Messages().Len() {
			if name := string(file.Messages().Get(i).FullName()); !slices.Contains(between, name) {
				all = append(all, name)
			}
		}
	}
	require.ElementsMatch(t, all, heard)
}
