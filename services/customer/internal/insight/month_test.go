package insight

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// TestMonthsAreTheCompanys: an order in the first hours of a year, where the company is, is of that year; when the company moves, so do
// months.
func TestMonthsAreTheCompanys(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for id, at := range map[string]time.Time{
			"1": time.Date(2025, 12, 31, 9, 59, 59, 0, time.UTC), "2": time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC), "3": time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC),
		} {
			b.hears(t, said{at, &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{{
				Order: "orders/" + id, Customer: "customers/" + id, PlaceTime: stamp(at), GoodsAmount: amountOf(1000, "EUR"), UnitCount: 1, Version: 1,
			}}}})
		}
		for zone, want := range map[string]map[string]int64{
			"UTC":              {"2025-12": 2, "2026-01": 1},
			"Pacific/Auckland": {"2025-12": 1, "2026-01": 1, "2026-02": 1},
			"America/New_York": {"2025-12": 2, "2026-01": 1},
		} {
			kittest.Exec(t, b.db, `update company set time_zone = $1`, zone)
			got := map[string]int64{}
			for _, m := range b.months(t, "EUR", 2) {
				require.Equal(t, m.GetOrderCount(), m.GetNewCustomerCount())
				name := m.GetName()[len("insights/EUR/salesMonths/"):]
				got[name] = m.GetOrderCount()
				one, err := b.GetSalesMonth(t.Context(), &customerv1.GetSalesMonthRequest{Name: m.GetName()})
				require.NoError(t, err)
				requireProto(t, m, one)
			}
			require.Equal(t, want, got, zone)
		}
	})
}

// TestMonthsHaveNoGaps: each moment is in one month, of its date in the zone.
func TestMonthsHaveNoGaps(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Kyiv", "America/New_York", "Pacific/Apia", "Asia/Kolkata"}).Draw(r, "zone"))
		require.NoError(r, err)
		first := time.Unix(rapid.Int64Range(-2_000_000_000, 1_800_000_000).Draw(r, "first"), 0)
		last := first.Add(time.Duration(rapid.Int64Range(0, 3*365*24).Draw(r, "hours")) * time.Hour)
		all := monthsBetween(first, last, zone)
		require.LessOrEqual(r, all[0].starts, first.UnixMicro())
		require.Greater(r, all[len(all)-1].ends, last.UnixMicro())
		for i, m := range all {
			begins := time.UnixMicro(m.starts).In(zone)
			require.EqualValues(r, begins.Year()*100+int(begins.Month()), m.number)
			if i > 0 {
				require.Equal(r, all[i-1].ends, m.starts)
			}
		}
	})
}
