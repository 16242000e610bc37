package insight

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// told is what imports say of order o1 one after the other, and what counts after each, in cents; -1 is no sale.
var told = []struct {
	customer, currency string
	cents, units       int64
	state              orderv1.Order_State
	removed            bool
	counts             int64
}{
	{"customers/1", "EUR", 1000, 3, orderv1.Order_DELIVERED, false, 1000},
	{"customers/1", "EUR", 1200, 3, orderv1.Order_DELIVERED, false, 1200},
	{"customers/1", "EUR", 700, 2, orderv1.Order_DELIVERED, false, 700},
	{"customers/1", "EUR", 0, 0, orderv1.Order_RETURNED, false, -1},
	{"customers/1", "EUR", 1000, 3, orderv1.Order_DELIVERED, false, 1000},
	{"customers/1", "EUR", 1000, 3, orderv1.Order_CANCELLED, false, -1},
	{"customers/2", "EUR", 900, 1, orderv1.Order_DELIVERED, false, 900},
	{"customers/2", "EUR", 0, 0, 0, true, -1},
	{"customers/1", "EUR", 1100, 3, orderv1.Order_DELIVERED, false, 1100},
}

// facts are those, as they are said.
func toldFacts() (all []said) {
	version := int64(0)
	for i, s := range told {
		version++
		at := january.AddDate(1, 0, i)
		if s.removed {
			version = 0
			all = append(all, said{at, &orderv1.ImportedOrdersRemoved{Orders: []*orderv1.ImportedOrdersRemoved_Order{{Order: "orders/o1", Customer: s.customer}}}})
			continue
		}
		all = append(all, said{at, &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{{
			Order: "orders/o1", Customer: s.customer, PlaceTime: stamp(january), GoodsAmount: amountOf(s.cents, s.currency), UnitCount: s.units,
			State: s.state, Version: version,
		}}}})
	}
	return all
}

// TestWhatImportsSayLater: a corrected order counts as it is now, for whom it is of now; one that is no sale counts nothing.
func TestWhatImportsSayLater(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for i, fact := range toldFacts() {
			b.hears(t, fact)
			b.requireCounts(t, told[i].customer, told[i].counts, told[i].units)
		}
	})
}

// TestWhatImportsSayInAnyOrder: the last counts, whenever it is heard of.
func TestWhatImportsSayInAnyOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		rapid.Check(t, func(r *rapid.T) {
			b.forget(t)
			last := rapid.IntRange(1, len(told)).Draw(r, "facts")
			b.hears(t, rapid.Permutation(toldFacts()[:last]).Draw(r, "order")...)
			b.requireCounts(t, told[last-1].customer, told[last-1].counts, told[last-1].units)
		})
	})
}

// TestWhatTheCompanyTookBackStays: an order that was returned here counts no more, whatever imports say before or after.
func TestWhatTheCompanyTookBackStays(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.hears(t, said{january.Add(time.Hour), &orderv1.OrderReturned{Order: "orders/o1", Customer: "customers/1"}})
		b.hears(t, toldFacts()[:2]...)
		b.requireCounts(t, "customers/1", -1, 0)
	})
}

func (b *bench) requireCounts(t require.TestingT, customer string, cents, units int64) {
	all := b.all(t, &customerv1.ListRfmScoresRequest{})
	if cents < 0 {
		require.Empty(t, all)
		return
	}
	require.Len(t, all, 1)
	require.Equal(t, customer, all[0].GetCustomer())
	require.EqualValues(t, 1, all[0].GetOrderCount())
	require.Equal(t, units, all[0].GetUnitCount())
	require.Equal(t, cents, all[0].GetTotalAmount().GetUnits()*100+int64(all[0].GetTotalAmount().GetNanos())/10_000_000)
}
