package timeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// list reads all pages, two entries at a time.
func (b *bench) list(t testing.TB, filter, order string) (all []*customerv1.TimelineEntry) {
	t.Helper()
	req := &customerv1.ListTimelineEntriesRequest{Parent: olena, PageSize: 2, Filter: filter, OrderBy: order}
	for {
		res, err := b.ListTimelineEntries(t.Context(), req)
		require.NoError(t, err)
		all, req.PageToken = append(all, res.GetTimelineEntries()...), res.GetNextPageToken()
		if req.GetPageToken() == "" {
			return all
		}
	}
}

func TestATimelineIsReadAsItHappened(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		placed := newEvent(t, "order", noon, &orderv1.OrderPlaced{Order: "orders/1", Customer: olena, Channel: typepb.Channel_STORE})
		promised := newEvent(t, "order", noon, &promisev1.PromiseMade{Promise: "promises/1", Customer: olena, About: "orders/1"})
		shipped := newEvent(t, "order", noon.Add(time.Hour), &orderv1.OrderShipped{Order: "orders/1", Customer: olena})
		warned := newEvent(t, "customer", noon.Add(2*time.Hour), &promisev1.PromiseAtRisk{Promise: "promises/1", Customer: olena, About: "orders/1"})
		second := newEvent(t, "order", noon.Add(3*time.Hour), &orderv1.OrderPlaced{Order: "orders/2", Customer: olena, Channel: typepb.Channel_WEB})
		foreign := newEvent(t, "order", noon, &orderv1.OrderPlaced{Order: "orders/3", Customer: another})
		b.hears(t, warned, foreign, second, placed)
		b.hears(t, shipped, promised)

		names := func(entries []*customerv1.TimelineEntry) (ids []string) {
			for _, e := range entries {
				ids = append(ids, idOf(e.GetName()))
			}
			return ids
		}
		for _, c := range []struct {
			filter, order string
			want          []string
		}{
			{"", "", []string{second.ID, warned.ID, shipped.ID, promised.ID, placed.ID}},
			{"", "event_time", []string{placed.ID, promised.ID, shipped.ID, warned.ID, second.ID}},
			{`event_type = "kept.order.v1.OrderPlaced"`, "", []string{second.ID, placed.ID}},
			{`source = "customer"`, "", []string{warned.ID}},
			{`resource = "orders/1"`, "", []string{shipped.ID, placed.ID}},
			{`about = "orders/1"`, "event_time", []string{placed.ID, promised.ID, shipped.ID, warned.ID}},
			{`channel = STORE`, "", []string{placed.ID}},
			{`event_time > "2026-03-08T12:00:00Z" AND event_time <= "2026-03-08T14:00:00Z"`, "", []string{warned.ID, shipped.ID}},
		} {
			require.Equal(t, c.want, names(b.list(t, c.filter, c.order)), "%s by %s", c.filter, c.order)
		}
		for _, e := range b.list(t, `resource = "orders/1" AND channel = STORE`, "") {
			want := entryOf(placed, &orderv1.OrderPlaced{Order: "orders/1", Customer: olena, Channel: typepb.Channel_STORE})
			require.True(t, proto.Equal(want, e), "want %s\n got %s", protojson.Format(want), protojson.Format(e))
		}
	})
}

func TestAnUnknownCustomerHasNoTimeline(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		_, err := b.ListTimelineEntries(t.Context(), &customerv1.ListTimelineEntriesRequest{Parent: "customers/nobody"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
		require.Empty(t, b.list(t, "", ""), "one to whom nothing has happened has an empty one")
	})
}

// TestARedeliveredEventIsOneEntry: even when the inbox has forgotten, after a fortnight, that it had the event.
func TestARedeliveredEventIsOneEntry(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		e := newEvent(t, "order", noon, &orderv1.OrderPicked{Order: "orders/1", Customer: olena})
		b.hears(t, e)
		b.hears(t, e)
		kittest.Exec(t, b.db, `delete from inbox`)
		b.hears(t, e)
		require.Len(t, b.list(t, "", ""), 1)
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`), "and nothing has failed")
	})
}

func TestNothingPersonalIsStored(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.hears(t, newEvent(t, "customer", noon, &customerv1.CustomerContactChanged{
			Customer: olena, DisplayName: "Olena", LanguageCode: "uk", Email: "olena@example.org", Phone: "+380441234567",
		}))
		require.EqualValues(t, 1, kittest.Number(t, b.db, `select count(*) from timeline_entry where details = '{}' and actor = ''`))
	})
}
