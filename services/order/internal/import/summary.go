package imports

import (
	"slices"
	"strings"
	"time"

	gmoney "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// maxSamples is how many orders a dry run shows, and sampleLines how many lines of each.
const (
	maxSamples  = 10
	sampleLines = 20
)

// summarize adds what documents say to the import's summary.
func summarize(j job, b *batch, all []taken) {
	if j.Summary == nil {
		j.Import.Summary = &orderv1.Import_Summary{}
	}
	sum := j.GetSummary()
	totals := map[string]*orderv1.Import_Summary_Total{}
	for _, t := range sum.GetTotals() {
		totals[t.GetCurrencyCode()] = t
	}
	for _, t := range all {
		if b.rows[t.rows[0]].fault != "" {
			continue
		}
		total := totals[t.currency]
		if total == nil {
			zero := money.Amount{Currency: t.currency}
			total = &orderv1.Import_Summary_Total{CurrencyCode: t.currency, PaidAmount: zero.Proto(), RefundedAmount: zero.Proto()}
			totals[t.currency] = total
			sum.Totals = append(sum.Totals, total)
		}
		t.addTo(total)
		extend(sum, t.placed)
		if j.GetValidateOnly() && len(sum.GetSamples()) < maxSamples {
			sum.Samples = append(sum.Samples, t.sample())
		}
	}
	slices.SortFunc(sum.GetTotals(), func(a, b *orderv1.Import_Summary_Total) int {
		return strings.Compare(a.GetCurrencyCode(), b.GetCurrencyCode())
	})
}

// maxChanges is how many changed orders are named.
const maxChanges = 100

// noteChange names an order that is said otherwise than before.
func (j job) noteChange(t taken) {
	if sum := j.GetSummary(); len(sum.GetChanges()) < maxChanges {
		sum.Changes = append(sum.Changes, &orderv1.Import_Summary_Change{Line: t.line, OrderNumber: t.number})
	}
}

// addTo adds what a document comes to.
func (t taken) addTo(total *orderv1.Import_Summary_Total) {
	switch {
	case t.isReturn:
		total.ReturnCount++
		plus(total.GetRefundedAmount(), t.goods, t.currency)
		return
	case t.state == orderv1.Order_CANCELLED:
		total.CancelledCount++
		return
	}
	total.OrderCount++
	plus(total.GetPaidAmount(), t.total(), t.currency)
	plus(total.GetRefundedAmount(), t.refunded, t.currency)
}

// plus adds to an amount. It stops at what can be counted.
func plus(to *gmoney.Money, minor int64, currency string) {
	had, _ := money.Parse(to) // made by us, always an amount
	sum := money.Amount{Minor: min(had.Minor+minor, money.Max), Currency: currency}.Proto()
	to.Units, to.Nanos = sum.GetUnits(), sum.GetNanos()
}

func extend(sum *orderv1.Import_Summary, at time.Time) {
	if sum.GetFirstOrderTime() == nil || at.Before(sum.GetFirstOrderTime().AsTime()) {
		sum.FirstOrderTime = timestamppb.New(at)
	}
	if sum.GetLastOrderTime() == nil || at.After(sum.GetLastOrderTime().AsTime()) {
		sum.LastOrderTime = timestamppb.New(at)
	}
}

// sample is a document as a dry run shows it.
func (t taken) sample() *orderv1.Import_Summary_Sample {
	amount := func(minor int64) *gmoney.Money { return money.Amount{Minor: minor, Currency: t.currency}.Proto() }
	sample := &orderv1.Import_Summary_Sample{
		Line: t.line, OrderNumber: t.number, CustomerDisplayName: t.document.customer.GetDisplayName(), PlaceTime: timestamppb.New(t.placed),
		State: t.state, TotalAmount: amount(t.total()), RefundedAmount: amount(t.refunded), DeliveryFee: amount(t.delivery),
		DiscountAmount: amount(t.discount),
	}
	if t.isReturn {
		sample.TotalAmount, sample.RefundedAmount = amount(0), amount(t.goods)
	}
	for _, l := range t.lines[:min(len(t.lines), sampleLines)] {
		sample.Lines = append(sample.Lines, &orderv1.Import_Summary_Sample_Line{
			Product: l.Product, ProductDisplayName: l.Name, Quantity: l.Quantity, Amount: amount(l.Amount),
		})
	}
	return sample
}
