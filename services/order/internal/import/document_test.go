package imports

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const documentTitles = "order_id,ordered,email,product_id,quantity,unit_price,amount,status,discount,shipping,tax,order_total,refunded,note"

// read understands the rows of orders, without the titles.
func read(t require.TestingT, text string) batch {
	titles := strings.Split(documentTitles, ",")
	f := csvForm{
		spec: &orderv1.Import{CurrencyCode: "EUR", RowType: orderv1.Import_ORDER}, zone: time.UTC, now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		layouts: layouts(0), charset: charset{name: utf8Name}, delimiter: ",",
	}
	var faults titleFaults
	f.at, faults = place(f.spec, titles)
	require.Empty(t, faults)
	f.titles = titles
	b := batch{last: true}
	b.fill([]byte(text), f, true, func(text []byte) int { return len(text) })
	b.understand(f)
	return b
}

// in is a document in short.
func (d *document) in() string {
	var lines []string
	for _, l := range d.lines {
		lines = append(lines, fmt.Sprintf("%dx%d-%d", l.Quantity, l.Amount, l.Returned))
	}
	return fmt.Sprintf("%s goods %d +%d tax %d +%d off %d back %d %s", d.state, d.goods, d.delivery, d.tax, d.addedTax, d.discount, d.refunded, strings.Join(lines, " "))
}

func TestWhatAnOrderComesTo(t *testing.T) {
	for name, c := range map[string]struct{ rows, want string }{
		"lines":                            {"1,2025-01-01,a@b.c,x,2,10,,,,,,,,\n1,,,y,1,5,,,,,,,,\n", "DELIVERED goods 2500 +0 tax 0 +0 off 0 back 0 2x2000-0 1x500-0"},
		"the line's amount, not the price": {"1,2025-01-01,a@b.c,x,2,10,18,,,,,,,\n", "DELIVERED goods 1800 +0 tax 0 +0 off 0 back 0 2x1800-0"},
		"discount and delivery":            {"1,2025-01-01,a@b.c,x,2,10,,,5,4.90,,,,\n1,,,y,1,10,,,,,,,,\n", "DELIVERED goods 2500 +490 tax 0 +0 off 500 back 0 2x1666-0 1x834-0"},
		"said on each row":                 {"1,2025-01-01,a@b.c,x,1,10,,,5,4.90,,,,\n1,2025-01-01,a@b.c,y,1,10,,,5,4.90,,,,\n", "DELIVERED goods 1500 +490 tax 0 +0 off 500 back 0 1x750-0 1x750-0"},
		"tax in the prices":                {"1,2025-01-01,a@b.c,x,1,10,,,,2,1.92,12,,\n", "DELIVERED goods 1000 +200 tax 192 +0 off 0 back 0 1x1000-0"},
		"tax on top":                       {"1,2025-01-01,a@b.c,x,1,10,,,,2,1.92,13.92,,\n", "DELIVERED goods 1000 +200 tax 192 +192 off 0 back 0 1x1000-0"},
		"a discount that the prices have":  {"1,2025-01-01,a@b.c,x,1,10,,,3,2,,12,,\n", "DELIVERED goods 1000 +200 tax 0 +0 off 0 back 0 1x1000-0"},
		"a fee that is not said":           {"1,2025-01-01,a@b.c,x,1,10,,,,,,13.50,,\n", "DELIVERED goods 1000 +350 tax 0 +0 off 0 back 0 1x1000-0"},
		"a discount that is not said":      {"1,2025-01-01,a@b.c,x,1,10,,,,2,,9,,\n", "DELIVERED goods 700 +200 tax 0 +0 off 300 back 0 1x700-0"},
		"less than the delivery":           {"1,2025-01-01,a@b.c,x,1,10,,,,2,,1,,\n", "DELIVERED goods 0 +100 tax 0 +0 off 1000 back 0 1x0-0"},
		"a line that takes off":            {"1,2025-01-01,a@b.c,x,1,10,,,,,,,,\n1,,,voucher,1,-4,,,,,,,,\n", "DELIVERED goods 600 +0 tax 0 +0 off 400 back 0 1x600-0"},
		"one of two given back":            {"1,2025-01-01,a@b.c,x,2,10,,,,,,,,\n1,,,x,-1,10,,,,,,,,\n", "DELIVERED goods 2000 +0 tax 0 +0 off 0 back 1000 2x2000-1"},
		"all given back":                   {"1,2025-01-01,a@b.c,x,2,10,,,,,,,,\n1,,,x,-2,-10,,,,,,,,\n", "RETURNED goods 2000 +0 tax 0 +0 off 0 back 2000 2x2000-2"},
		"a total less what went back":      {"1,2025-01-01,a@b.c,x,2,10,,,,3,,13,,\n1,,,x,-1,10,,,,,,,,\n", "DELIVERED goods 2000 +300 tax 0 +0 off 0 back 1000 2x2000-1"},
		"a part refunded":                  {"1,2025-01-01,a@b.c,x,2,10,,partially_refunded,,,,,4,\n", "DELIVERED goods 2000 +0 tax 0 +0 off 0 back 400 2x2000-0"},
		"refunded":                         {"1,2025-01-01,a@b.c,x,2,10,,refunded,,3,,,,\n", "RETURNED goods 2000 +300 tax 0 +0 off 0 back 2300 2x2000-2"},
		"voided":                           {"1,2025-01-01,a@b.c,x,2,10,,voided,,,,,,\n", "CANCELLED goods 2000 +0 tax 0 +0 off 0 back 0 2x2000-0"},
		"a return by itself":               {"1-R,2025-01-01,a@b.c,x,-1,10,,,,,,-12,,\n", "RETURNED goods 1200 +0 tax 0 +0 off 0 back 0 1x1000-0"},
		"an amount below nothing":          {"1-R,2025-01-01,a@b.c,x,1,,-10,,,,,,,\n", "RETURNED goods 1000 +0 tax 0 +0 off 0 back 0 1x1000-0"},
		"rows of separators":               {",,,,,,,,,,,,,\n1,2025-01-01,a@b.c,x,1,10,,,,,,,,\n,,,,,,,,,,,,,\n", "DELIVERED goods 1000 +0 tax 0 +0 off 0 back 0 1x1000-0"},
		"a row without the number":         {"1,2025-01-01,a@b.c,x,1,10,,,,,,,,\n,,,y,1,10,,,,,,,,\n", "DELIVERED goods 2000 +0 tax 0 +0 off 0 back 0 1x1000-0 1x1000-0"},
	} {
		b := read(t, c.rows)
		for _, r := range b.rows {
			require.Empty(t, r.fault, name)
		}
		require.Len(t, b.documents, 1, name)
		require.Equal(t, c.want, b.documents[0].in(), name)
	}
}

// TestAFaultKeepsTheWholeOrderOut, and no other.
func TestAFaultKeepsTheWholeOrderOut(t *testing.T) {
	for name, c := range map[string]struct {
		rows   string
		faults []string
	}{
		"a line":       {"1,2025-01-01,a@b.c,x,1,10,,,,,,,,\n1,,,y,1,ten,,,,,,,,\n", []string{"its order 1 is not taken in, because of line 2", `"ten" is not an amount such as 1234.50`}},
		"a short row":  {"1,2025-01-01,a@b.c,x,1,10,,,,,,,,\n1,,\n1,,,y,1,1,,,,,,,,\n", []string{"its order 1 is not taken in: line 2: has 3 values, but there are 14 column titles", "has 3 values, but there are 14 column titles", "its order 1 is not taken in: line 2: has 3 values, but there are 14 column titles"}},
		"two totals":   {"1,2025-01-01,a@b.c,x,1,10,,,,,,20,,\n1,,,y,1,10,,,,,,21,,\n", []string{"order_total is one for the whole order, but line 2 says another one", "its order 1 is not taken in, because of line 1"}},
		"a discount":   {"1,2025-01-01,a@b.c,x,1,10,,,11,,,,,\n", []string{"the discount is more than the goods cost"}},
		"more back":    {"1,2025-01-01,a@b.c,x,1,10,,,,,,,11,\n", []string{"more was given back than was paid"}},
		"no number":    {",2025-01-01,a@b.c,x,1,10,,,,,,,,\n", []string{"order_id is missing"}},
		"a part of it": {"1,2025-01-01,a@b.c,x,1.5,10,,,,,,,,\n", []string{`the quantity "1.5" is not a whole number`}},
	} {
		b := read(t, c.rows+"9,2025-01-01,a@b.c,x,1,10,,,,,,,,\n")
		require.Len(t, b.documents, 1, name)
		require.Equal(t, "9", b.documents[0].number, name)
		var faults []string
		for _, r := range b.rows[:len(b.rows)-1] {
			faults = append(faults, r.fault)
		}
		require.Equal(t, c.faults, faults, name)
	}
}

// TestNoCentIsLost: whatever lines, discount, delivery and total there are, the lines add up to the goods, and all to the total.
func TestNoCentIsLost(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		amount := rapid.Int64Range(0, 5000)
		var rows strings.Builder
		fmt.Fprintf(&rows, "1,2025-01-01,a@b.c,x,%d,,%s,,", rapid.IntRange(1, 9).Draw(r, "quantity"), euro(amount.Draw(r, "amount")))
		for _, what := range []string{"discount", "shipping", "tax", "total"} {
			if rapid.Bool().Draw(r, what+" said") {
				rows.WriteString(euro(amount.Draw(r, what)))
			}
			rows.WriteString(",")
		}
		total := strings.Split(rows.String(), ",")[11]
		rows.WriteString(",\n")
		for range rapid.IntRange(0, 3).Draw(r, "lines") {
			fmt.Fprintf(&rows, "1,,,y,%d,,%s,,,,,,,\n", rapid.IntRange(1, 9).Draw(r, "quantity"), euro(amount.Draw(r, "amount")))
		}
		b := read(r, rows.String())
		if len(b.documents) == 0 {
			require.Contains(r, b.rows[0].fault, "discount", "only a discount can be too much")
			return
		}
		d := b.documents[0]
		var sum int64
		for _, l := range d.lines {
			require.GreaterOrEqual(r, l.Amount, int64(0))
			sum += l.Amount
		}
		require.Equal(r, sum, d.goods)
		require.GreaterOrEqual(r, d.delivery, int64(0))
		require.LessOrEqual(r, d.addedTax, d.tax)
		if total != "" {
			require.Equal(r, total, euro(d.total()), "the total decides")
		}
	})
}

func euro(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
