package timeline

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func importEvent(t testing.TB, source string, fact proto.Message) event.Event {
	e, err := event.New(t.Context(), source, "", 1, noon, fact)
	require.NoError(t, err)
	return e
}

func requireEntries(t testing.TB, want, got []*customerv1.TimelineEntry) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.True(t, proto.Equal(want[i], got[i]), "want %s\n got %s", protojson.Format(want[i]), protojson.Format(got[i]))
	}
}

// TestAnImportIsInEachTimeline: the customers' coming, and each of their orders at its own time, long before.
func TestAnImportIsInEachTimeline(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		customers := importEvent(t, "customer", &customerv1.CustomersImported{Issuer: "cdnow", Customers: []string{another, olena}})
		long := time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC)
		past := func(order, customer string, days int) *orderv1.OrdersImported_Order {
			return &orderv1.OrdersImported_Order{
				Order: order, Customer: customer, PlaceTime: timestamppb.New(long.AddDate(0, 0, days)), UnitCount: 3, Channel: typepb.Channel_PHONE,
				GoodsAmount: &money.Money{CurrencyCode: "USD", Units: 29, Nanos: 330_000_000},
			}
		}
		orders := importEvent(t, "order", &orderv1.OrdersImported{SourceImport: "imports/1", Orders: []*orderv1.OrdersImported_Order{
			past("orders/a-1", olena, 2), past("orders/b", another, 1), past("orders/c", "", 1), past("orders/a-0", olena, 0),
		}})
		b.hears(t, orders, customers)
		kittest.Exec(t, b.db, `delete from inbox`)
		b.hears(t, customers, orders) // again, long after
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`), "nothing has failed")
		require.EqualValues(t, 5, kittest.Number(t, b.db, `select count(*) from timeline_entry`))

		order := func(id string, days int) *customerv1.TimelineEntry {
			return &customerv1.TimelineEntry{
				Name: olena + collection + id, EventTime: timestamppb.New(long.AddDate(0, 0, days)), Source: "order",
				EventType: "kept.order.v1.OrdersImported", Resource: "orders/" + id, About: "orders/" + id, Channel: typepb.Channel_PHONE,
				Details: map[string]string{"goods_amount": "29.33 USD", "unit_count": "3"},
			}
		}
		coming := &customerv1.TimelineEntry{
			Name: olena + collection + customers.ID + "-2", EventTime: timestamppb.New(noon), Source: "customer",
			EventType: "kept.customer.v1.CustomersImported", Resource: olena, About: olena, Details: map[string]string{"issuer": "cdnow"},
		}
		requireEntries(t, []*customerv1.TimelineEntry{coming, order("a-1", 2), order("a-0", 0)}, b.list(t, "", ""))
		requireEntries(t, []*customerv1.TimelineEntry{order("a-0", 0), order("a-1", 2)},
			b.list(t, `event_type = "kept.order.v1.OrdersImported" AND channel = PHONE`, "event_time"))
		for _, name := range []string{coming.GetName(), order("a-1", 2).GetName()} {
			require.Regexp(t, `^(customers/[A-Za-z0-9-]{1,64}/timelineEntries/[A-Za-z0-9-]{1,64})?$`, name, "as the contract wants an entry to go on after")
		}
	})
}

// TestTheLastWordOnAnImportedOrderCounts, in whatever order what imports said of it is heard: replicas take events side by side, and some
// come again.
func TestTheLastWordOnAnImportedOrderCounts(t *testing.T) {
	said := func(after time.Duration, fact proto.Message) event.Event {
		e, err := event.New(t.Context(), "order", "", 1, noon.Add(after), fact)
		require.NoError(t, err)
		return e
	}
	came := func(after time.Duration, version, units int64) event.Event {
		o := &orderv1.OrdersImported_Order{Order: "orders/a", Customer: olena, PlaceTime: timestamppb.New(noon), Version: version, UnitCount: units}
		return said(after, &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{o}})
	}
	went := said(2*time.Second, &orderv1.ImportedOrdersRemoved{Orders: []*orderv1.ImportedOrdersRemoved_Order{{Order: "orders/a", Customer: olena}}})
	changed := []event.Event{came(0, 1, 5), came(time.Second, 2, 6), went}
	again := append(slices.Clone(changed), came(3*time.Second, 1, 7))
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		b := newBench(t, db)
		for _, heard := range orders(changed) {
			require.Empty(t, b.after(t, heard), "it was taken out at last")
		}
		for _, heard := range orders(again) {
			left := b.after(t, heard)
			require.Len(t, left, 1)
			require.Equal(t, "7", left[0].GetDetails()["unit_count"], "it came in again at last")
		}
	})
}

// after is the timeline when events have been heard one after the other, and nothing before.
func (b *bench) after(t testing.TB, heard []event.Event) []*customerv1.TimelineEntry {
	for _, table := range []string{"inbox", "timeline_entry", "timeline_imported"} {
		kittest.Exec(t, b.db, `delete from `+table)
	}
	for _, e := range heard {
		b.hears(t, e)
	}
	return b.list(t, "", "")
}

// orders are all orders in which events may be heard.
func orders(events []event.Event) (all [][]event.Event) {
	if len(events) < 2 {
		return [][]event.Event{events}
	}
	for i, first := range events {
		rest := slices.Concat(events[:i], events[i+1:])
		for _, after := range orders(rest) {
			all = append(all, append([]event.Event{first}, after...))
		}
	}
	return all
}

// TestAStreamSaysWhatWasImported, and goes on after an entry of an import.
func TestAStreamSaysWhatWasImported(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		l := b.listen(t, "")
		imported, want := &orderv1.OrdersImported{}, []string{}
		for i := range 1000 {
			o := &orderv1.OrdersImported_Order{Order: fmt.Sprintf("orders/o-%04d", i), Customer: olena, PlaceTime: timestamppb.New(noon)}
			imported.Orders, want = append(imported.Orders, o), append(want, fmt.Sprintf("%so-%04d", olena+collection, i))
		}
		b.hears(t, importEvent(t, "order", imported))
		l.hears(t, want...)
		later := newEvent(t, "order", noon, &orderv1.OrderPicked{Order: "orders/1", Customer: olena})
		b.hears(t, later)
		l.hears(t, olena+collection+later.ID)

		after := b.listen(t, want[len(want)-1])
		for name := ""; name != olena+collection+later.ID; { // it may say some of the import again
			select {
			case name = <-after.sent:
			case <-time.After(20 * time.Second):
				require.Fail(t, "the stream says nothing")
			}
		}
	})
}
