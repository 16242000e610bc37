package insight

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// TestTheCDNOWCustomers takes in all that the new customers of a record shop of 1997 bought in eighteen months (P. S. Fader and
// B. G. S. Hardie, "Forecasting Repeat Sales at CDNOW", Interfaces 31, 2001), and compares with the published figures.
func TestTheCDNOWCustomers(t *testing.T) {
	kittest.Long(t)
	all := readCDNOW(t)
	require.Len(t, all, 69_659)
	onBoth(t, func(t *testing.T, b *bench) {
		began := time.Now()
		for from := 0; from < len(all); from += 500 {
			b.hears(t, said{january, importedOf(all[from:min(from+500, len(all))])})
		}
		t.Logf("took in %d orders in %s", len(all), time.Since(began))

		began = time.Now()
		r := b.report(t, "")
		t.Logf("reported in %s", time.Since(began))
		require.Equal(t, "USD", r.GetCurrencyCode())
		require.EqualValues(t, 23_570, r.GetCustomerCount())
		require.EqualValues(t, 69_659, r.GetOrderCount())
		require.EqualValues(t, 167_881, r.GetUnitCount())
		require.EqualValues(t, 2_500_315, r.GetRevenue().GetUnits())
		require.EqualValues(t, 630_000_000, r.GetRevenue().GetNanos())
		require.Equal(t, january, r.GetFirstOrderTime().AsTime())
		requireCellsAddUp(t, r)

		began = time.Now()
		months := b.months(t, "", 1000)
		t.Logf("listed months in %s", time.Since(began))
		requireProtos(t, all.months("USD"), months)
		var fresh int64
		for _, m := range months {
			fresh += m.GetNewCustomerCount()
		}
		require.Len(t, months, 18)
		require.EqualValues(t, 23_570, fresh, "all came new, in the first three months")

		began = time.Now()
		best := b.all(t, &customerv1.ListRfmScoresRequest{PageSize: 1000, Filter: "monetary_score = 5 AND frequency_score = 5"})
		t.Logf("listed %d of the best in %s", len(best), time.Since(began))
		requireProto(t, best[0], b.score(t, best[0].GetName()))
	})
}

func (b *bench) score(t *testing.T, name string) *customerv1.RfmScore {
	s, err := b.GetRfmScore(t.Context(), &customerv1.GetRfmScoreRequest{Name: name})
	require.NoError(t, err)
	return s
}

func requireCellsAddUp(t *testing.T, r *customerv1.RfmReport) {
	var customers, orders int64
	for _, c := range r.GetCells() {
		customers, orders = customers+c.GetCustomerCount(), orders+c.GetOrderCount()
	}
	require.Equal(t, r.GetCustomerCount(), customers)
	require.Equal(t, r.GetOrderCount(), orders)
}

func importedOf(all model) *orderv1.OrdersImported {
	imported := &orderv1.OrdersImported{}
	for _, o := range all {
		imported.Orders = append(imported.Orders, o.asImported())
	}
	return imported
}

// readCDNOW reads the customers' orders: customer, day, number of records, dollars.
func readCDNOW(t *testing.T) (all model) {
	file, err := os.Open("../../../../suite/history/cdnow_master.txt")
	require.NoError(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 4 || fields[0] == "customer_id" {
			continue
		}
		at, err := time.Parse("20060102", fields[1])
		require.NoError(t, err)
		records, err := strconv.ParseInt(fields[2], 10, 64)
		require.NoError(t, err)
		cents, err := strconv.ParseInt(strings.ReplaceAll(fields[3], ".", ""), 10, 64)
		require.NoError(t, err)
		all = append(all, order{
			id: fmt.Sprintf("cdnow-%06d", len(all)), customer: "customers/cdnow-" + fields[0], currency: "USD", imported: true,
			at: at, came: cents, unitsThatCame: records,
		})
	}
	return all
}
