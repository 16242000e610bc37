package insight

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/timestamppb"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func stamp(at time.Time) *timestamppb.Timestamp { return timestamppb.New(at) }

// model are all orders, and counts by going through them one by one.
type model []order

// buyer is what one customer has bought in one currency.
type buyer struct {
	customer             string
	first, last          time.Time
	orders, units, minor int64
}

func (m model) buyers(currency string) []buyer {
	by := map[string]buyer{}
	for _, o := range m {
		units, minor, counted := o.counts()
		if !counted || o.currency != currency {
			continue
		}
		b, known := by[o.customer]
		b.customer = o.customer
		if !known || o.at.Before(b.first) {
			b.first = o.at
		}
		if !known || o.at.After(b.last) {
			b.last = o.at
		}
		b.orders, b.units, b.minor = b.orders+1, b.units+units, b.minor+minor
		by[o.customer] = b
	}
	return slices.SortedFunc(maps.Values(by), func(a, b buyer) int { // the default order of lists
		return cmp.Or(cmp.Compare(b.minor, a.minor), strings.Compare(b.customer, a.customer))
	})
}

// scoreOf counts who is strictly below: 1 and the number of whole fifths.
func scoreOf(all []buyer, mine buyer, measure func(buyer) int64) int32 {
	below := 0
	for _, b := range all {
		if measure(b) < measure(mine) {
			below++
		}
	}
	return 1 + int32(below*5/len(all))
}

func (m model) scores(currency string) (all []*customerv1.RfmScore) {
	buyers := m.buyers(currency)
	for _, b := range buyers {
		all = append(all, &customerv1.RfmScore{
			Name: insightOf(currency) + scores + strings.TrimPrefix(b.customer, customers), Customer: b.customer,
			FirstOrderTime: stamp(b.first), LastOrderTime: stamp(b.last), OrderCount: b.orders, UnitCount: b.units,
			TotalAmount:    amountOf(b.minor, currency),
			RecencyScore:   scoreOf(buyers, b, func(b buyer) int64 { return b.last.UnixMicro() }),
			FrequencyScore: scoreOf(buyers, b, func(b buyer) int64 { return b.orders }),
			MonetaryScore:  scoreOf(buyers, b, func(b buyer) int64 { return b.minor }),
		})
	}
	return all
}

// report adds up the customers that have the same scores.
func (m model) report(currency string) *customerv1.RfmReport {
	r := &customerv1.RfmReport{Name: insightOf(currency) + "/rfmReport", CurrencyCode: currency}
	cells, minor, sum := map[string]*customerv1.RfmReport_Cell{}, map[string]int64{}, int64(0)
	scores := m.scores(currency)
	for i, b := range m.buyers(currency) {
		s := scores[i]
		key := fmt.Sprint(s.GetRecencyScore(), s.GetFrequencyScore(), s.GetMonetaryScore())
		if cells[key] == nil {
			cells[key] = &customerv1.RfmReport_Cell{
				RecencyScore: s.GetRecencyScore(), FrequencyScore: s.GetFrequencyScore(), MonetaryScore: s.GetMonetaryScore(),
			}
		}
		cells[key].CustomerCount++
		cells[key].OrderCount += b.orders
		minor[key] += b.minor
		cells[key].Revenue = amountOf(minor[key], currency)
		r.CustomerCount++
		r.OrderCount += b.orders
		r.UnitCount += b.units
		if b.orders == 1 {
			r.SingleOrderCustomerCount++
		}
		sum += b.minor
		if r.FirstOrderTime == nil || b.first.Before(r.GetFirstOrderTime().AsTime()) {
			r.FirstOrderTime = stamp(b.first)
		}
		if r.LastOrderTime == nil || b.last.After(r.GetLastOrderTime().AsTime()) {
			r.LastOrderTime = stamp(b.last)
		}
	}
	if currency != "" {
		r.Revenue = amountOf(sum, currency)
	}
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(cells))) {
		r.Cells = append(r.Cells, cells[key])
	}
	return r
}

func (m model) months(currency string) (all []*customerv1.SalesMonth) {
	firsts := map[string]time.Time{}
	for _, b := range m.buyers(currency) {
		firsts[b.customer] = b.first
	}
	by, minor, seen := map[string]*customerv1.SalesMonth{}, map[string]int64{}, map[string]bool{}
	for _, o := range m {
		units, amount, counted := o.counts()
		if !counted || o.currency != currency {
			continue
		}
		key := o.at.UTC().Format("2006-01")
		if by[key] == nil {
			at := o.at.UTC()
			by[key] = &customerv1.SalesMonth{
				Name: insightOf(currency) + "/salesMonths/" + key, Month: &date.Date{Year: int32(at.Year()), Month: int32(at.Month()), Day: 1},
			}
		}
		minor[key] += amount
		by[key].OrderCount++
		by[key].UnitCount += units
		by[key].Revenue = amountOf(minor[key], currency)
		if !seen[key+o.customer] {
			seen[key+o.customer] = true
			by[key].CustomerCount++
			if firsts[o.customer].UTC().Format("2006-01") == key {
				by[key].NewCustomerCount++
			}
		}
	}
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(by))) {
		all = append(all, by[key])
	}
	return all
}

// main is the currency in which the most have bought.
func (m model) main() (most string) {
	for _, currency := range []string{"EUR", "JPY", "USD"} {
		if n := len(m.buyers(currency)); n > 0 && (most == "" || n > len(m.buyers(most))) {
			most = currency
		}
	}
	return most
}
