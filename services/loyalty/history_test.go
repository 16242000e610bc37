package loyalty_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// TestARealHistory takes in what 23,570 customers of a music shop bought in eighteen months, as an import tells of it, and
// compares every balance with a count by hand: a point for each whole dollar of an order. It logs how long that took.
func TestARealHistory(t *testing.T) {
	kittest.Long(t)
	orders := readHistory(t)
	require.Len(t, orders, 69_659)
	want := map[string]int64{}
	for _, o := range orders {
		want[o.GetCustomer()] += o.GetGoodsAmount().GetUnits()
	}
	require.Len(t, want, 23_570)

	onBoth(t, func(t *testing.T, h *fixture) {
		facts, start := importOf(t, orders), time.Now()
		for _, f := range facts { // one a transaction, as the inbox does with facts of this size
			h.hear(f)
		}
		t.Logf("%d orders of %d customers in %.2f s", len(orders), len(want), time.Since(start).Seconds())

		proof := h.prove("main")
		require.True(t, proof.GetBalanced())
		require.Equal(t, total(want), proof.GetBalanceSum())
		require.EqualValues(t, len(want), proof.GetAccountCount())
		rows, err := h.db.Query(t.Context(), `select customer, balance from account where program = 'main'`)
		require.NoError(t, err)
		for rows.Next() {
			var customer string
			var balance int64
			require.NoError(t, rows.Scan(&customer, &balance))
			require.Equal(t, want["customers/"+customer], balance, customer)
		}
		h.hear(slices.Concat(facts[:2], importOf(t, orders[500:1500]))...) // again
		require.Equal(t, proof.GetEntryCount(), kittest.Number(t, h.db, `select count(*) from entry`))
	})
}

func total(points map[string]int64) (sum int64) {
	for _, n := range points {
		sum += n
	}
	return sum
}

// importOf are the facts of an import: the customers, then their orders.
func importOf(t testing.TB, orders []*orderv1.OrdersImported_Order) (facts []event.Event) {
	var customers []string
	for _, o := range orders {
		customers = append(customers, o.GetCustomer())
	}
	for part := range slices.Chunk(slices.Compact(customers), 1000) {
		facts = append(facts, fact(t, "issuers/shop", &customerv1.CustomersImported{Issuer: "shop", Customers: part}))
	}
	for part := range slices.Chunk(orders, 1000) {
		facts = append(facts, fact(t, "imports/1", &orderv1.OrdersImported{SourceImport: "imports/1", Orders: part}))
	}
	return facts
}

// readHistory reads the shop's purchases. suite/history tells where they come from.
func readHistory(t testing.TB) (orders []*orderv1.OrdersImported_Order) {
	file, err := os.Open("../../suite/history/cdnow_master.txt")
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan() // the columns' names
	for lines.Scan() {
		orders = append(orders, readOrder(t, len(orders), strings.Fields(lines.Text())))
	}
	require.NoError(t, lines.Err())
	return orders
}

func readOrder(t testing.TB, n int, fields []string) *orderv1.OrdersImported_Order {
	require.Len(t, fields, 4)
	day, err := time.Parse("20060102", fields[1])
	require.NoError(t, err)
	count, err := strconv.ParseInt(fields[2], 10, 64)
	require.NoError(t, err)
	dollars, cents, _ := strings.Cut(fields[3], ".")
	units, err := strconv.ParseInt(dollars, 10, 64)
	require.NoError(t, err)
	nanos, err := strconv.ParseInt(cents+strings.Repeat("0", 9-len(cents)), 10, 32)
	require.NoError(t, err)
	return &orderv1.OrdersImported_Order{
		Order: fmt.Sprintf("orders/0193a5d0-0000-7000-8000-%012d", n), Customer: "customers/" + fields[0],
		PlaceTime: timestamppb.New(day), UnitCount: count,
		GoodsAmount: &money.Money{CurrencyCode: "USD", Units: units, Nanos: int32(nanos)},
	}
}
