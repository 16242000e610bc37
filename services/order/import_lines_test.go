package order_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"kept.dev/kit/kittest"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func numbered() *orderv1.Import {
	return &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "shop", CurrencyCode: "EUR"}
}

const numberedTitles = "order_id|ordered|customer_id|product_display_name|quantity|unit_price\n"

// manyLines are so many orders of three lines each, and after each third one that gives a unit of it back.
func manyLines(orders int) string {
	var text strings.Builder
	text.WriteString(numberedTitles)
	for i := range orders {
		fmt.Fprintf(&text, "%d|2020-01-01|%d|Чайник|1|10.00\n%d||||2|1.50\n", i, 1+i%100, i)
		fmt.Fprintf(&text, "%d||0|Tea \"%s\" pot|3|0.10\n", i, strings.Repeat("x", i%50))
		if i%3 == 0 {
			fmt.Fprintf(&text, "%d-R|2020-01-02|%d|Чайник|-1|10.00\n", i, 1+i%100)
		}
	}
	return strings.ReplaceAll(text.String(), "||||2|", "|||Sugar|2|")
}

// TestOrdersAcrossSteps: an order's rows stay together wherever a step ends, and returns find their orders.
func TestOrdersAcrossSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		const orders, returns = 1000, 334
		i := h.importAll(numbered(), manyLines(orders))
		require.Empty(t, h.faults(i.GetName()))
		require.Equal(t, [5]int64{3*orders + returns, 100, orders + returns, 0, 0}, counts(i))
		require.Equal(t, "|", i.GetDelimiter())
		require.EqualValues(t, orders, kittest.Number(t, h.db, `select count(*) from orders`))
		require.EqualValues(t, 3*orders, kittest.Number(t, h.db, `select count(*) from order_line`))
		require.EqualValues(t, orders*1330, kittest.Number(t, h.db, `select sum(goods) from orders`))
		require.EqualValues(t, returns*1000, kittest.Number(t, h.db, `select sum(refunded) from orders`))
		require.EqualValues(t, returns, kittest.Number(t, h.db, `select sum(returned) from order_line`))
		require.EqualValues(t, returns, kittest.Number(t, h.db, `select count(*) from orders where refunded = 1000 and cast(order_number as bigint) % 3 = 0`))
		require.Equal(t, []string{fmt.Sprintf("EUR %d in %d, back %d, cancelled 0, returns %d", orders*1330, orders, returns*1000, returns)}, sums(i))

		again := h.importAll(numbered(), manyLines(orders))
		require.Equal(t, [5]int64{3*orders + returns, 0, 0, 3*orders + returns, 0}, counts(again))
		more := h.importAll(numbered(), manyLines(orders+1))
		require.Equal(t, [5]int64{3*orders + 3 + returns, 0, 1, 3*orders + returns, 0}, counts(more))

		_, err := h.imports.UndoImport(h.agent(), &orderv1.UndoImportRequest{Name: i.GetName()})
		require.NoError(t, err)
		h.work()
		require.EqualValues(t, orders, h.imported(i.GetName()).GetRemovedCount())
		require.EqualValues(t, 1, kittest.Number(t, h.db, `select count(*) from orders`), "what another import has brought stays")
	})
}

// TestTheSameOrdersTwiceAtOnce has two imports of one file with returns run at the same time, on several workers.
func TestTheSameOrdersTwiceAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		const orders, returns = 600, 200
		names := []string{h.importing(numbered()), h.importing(numbered())}
		for _, name := range names {
			h.upload(name, []byte(manyLines(orders)), 7_000)
			h.start(name)
		}
		var crowd sync.WaitGroup
		for range 3 {
			crowd.Go(h.work)
		}
		crowd.Wait()
		for range 5 {
			h.clock.pass(1e9 * 60) // whoever was second tries again
			h.work()
		}
		for _, name := range names {
			require.Equal(t, orderv1.Import_SUCCEEDED, h.imported(name).GetState())
			require.Empty(t, h.faults(name))
		}
		require.EqualValues(t, orders, kittest.Number(t, h.db, `select count(*) from orders`))
		require.EqualValues(t, orders*1330, kittest.Number(t, h.db, `select sum(goods) from orders`))
		require.EqualValues(t, returns*1000, kittest.Number(t, h.db, `select sum(refunded) from orders`))
		require.EqualValues(t, returns, kittest.Number(t, h.db, `select sum(returned) from order_line`))
	})
}

// TestRowsThatDoNotStandTogether: an order whose rows come again further down is not taken twice.
func TestRowsThatDoNotStandTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		i := h.importAll(numbered(), numberedTitles+"1|2020-01-01|7|Tea|1|1\n2|2020-01-01|7|Tea|1|1\n1|2020-01-01|7|Tea|1|1\n")
		require.Equal(t, []string{"4: its order 1 has rows further up in the file; sort the file by order_id"}, h.faults(i.GetName()))
		require.EqualValues(t, 2, i.GetOrderCount())
		i = h.importAll(numbered(), numberedTitles+strings.Repeat("3|2020-01-01|7|Tea|1|1\n", 800))
		require.EqualValues(t, 800, i.GetFaultCount(), "an order of very many rows is not taken in parts")
		require.EqualValues(t, 2, kittest.Number(t, h.db, `select count(*) from orders`))
	})
}

// TestGuestsAreTwoPeople: an id that is 0 or empty is nobody's, and a guest without address and number is known by the order alone.
func TestGuestsAreTwoPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		text := numberedTitles + "1|2020-01-01|0|Tea|1|1\n2|2020-01-01||Tea|1|1\n3|2020-01-01|0|Tea|1|1\n"
		require.Equal(t, [5]int64{3, 3, 3, 0, 0}, counts(h.importAll(numbered(), text)))
		require.EqualValues(t, 3, kittest.Number(t, h.db, `select count(distinct customer) from orders`))
		require.Equal(t, [5]int64{3, 0, 0, 3, 0}, counts(h.importAll(numbered(), text)))
	})
}

// TestAWideText is what Excel saves as "Unicode text": UTF-16 with tabulators, and longer than a step reads at once.
func TestAWideText(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		text := "order_id\tordered\tcustomer_id\tproduct_display_name\tunit_price\r\n"
		for i := range 900 {
			text += fmt.Sprintf("%d\t2020-01-01\t7\t\"Чай 🍵 \"\"%s\"\"\"\t1,25\r\n", i, strings.Repeat("ж", 150))
		}
		text += "x\t2020-01-01\t7\t" + strings.Repeat("ж", 200_000) + "\t1,25\r\ny\t2020-01-01\t7\tТак\t1,25"
		wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		require.NoError(t, err)
		i := h.importAll(numbered(), wide)
		require.Equal(t, []string{"902: is longer than 65536 bytes, or begins a value with a quote that is never closed"}, h.faults(i.GetName()))
		require.Equal(t, [5]int64{902, 1, 901, 0, 1}, counts(i))
		require.EqualValues(t, 901*125, kittest.Number(t, h.db, `select sum(goods) from orders`))
		require.EqualValues(t, 900, kittest.Number(t, h.db, `select count(*) from order_line where product_name like '%🍵%'`))
		require.Equal(t, "utf-16le", i.GetEncoding())
	})
}

// TestOldCurrencies: what was paid in a currency of its time stays in it.
func TestOldCurrencies(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		i := h.importAll(&orderv1.Import{Format: orderv1.Import_CSV, Issuer: "old"},
			"order_id,ordered,customer_id,product_id,amount,currency_code\n1,1998-05-01,1,tea,12.50,DEM\n2,2010-05-01,1,tea,3.99,BGN\n3,1999-05-01,1,tea,12000,ITL\n4,1999-05-01,1,tea,1,QQQ\n")
		require.Equal(t, []string{"BGN 399 in 1, back 0, cancelled 0, returns 0", "DEM 1250 in 1, back 0, cancelled 0, returns 0", "ITL 1200000 in 1, back 0, cancelled 0, returns 0"}, sums(i))
		require.Len(t, h.faults(i.GetName()), 1)
		require.EqualValues(t, 12000, kittest.Number(t, h.db, `select goods from orders where currency = 'ITL'`), "it had no smaller unit")
	})
}

// TestAnImportedOrderIsSentBackForTheRest: what had gone back before it was imported does not go back once more, and imports leave it alone
// from then on.
func TestAnImportedOrderIsSentBackForTheRest(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		const titles = "order_id,ordered,customer_id,product_id,quantity,unit_price,refunded,shipping\n"
		first := h.importAll(numbered(), titles+"1,2020-01-01,7,tea,2,10,4,3\n2,2020-01-01,7,tea,2,10,22,3\n3,2020-01-01,7,tea,1,5,,\n")
		for i, want := range []int64{2000, 2200} {
			o := h.allOrders()[i]
			if o.GetState() == orderv1.Order_RETURNED {
				_, err := h.fulfillment.ReturnOrder(h.agent(), &orderv1.ReturnOrderRequest{Name: o.GetName(), Reason: "Scratched"})
				refused(t, "ORDER_NOT_DELIVERED", err)
				continue
			}
			back, err := h.fulfillment.ReturnOrder(h.agent(), &orderv1.ReturnOrderRequest{Name: o.GetName(), Reason: "Scratched"})
			require.NoError(t, err)
			require.EqualValues(t, want, cents(back.GetRefundedAmount()))
		}
		i := h.importAll(numbered(), titles+"1,2020-01-01,7,tea,3,10,4,3\n")
		require.Equal(t, []string{"2: its order 1 has been changed here since it was imported, and stays as it is"}, h.faults(i.GetName()))
		_, err := h.imports.UndoImport(h.agent(), &orderv1.UndoImportRequest{Name: first.GetName()})
		require.NoError(t, err)
		h.work()
		require.EqualValues(t, 2, h.imported(first.GetName()).GetRemovedCount(), "what was sent back here stays")
		require.Equal(t, "1", h.allOrders()[0].GetOrderNumber())
	})
}
