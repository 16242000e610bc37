package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
)

// tellTotals says what the orders of a file come to, by currency.
func tellTotals(out io.Writer, s *orderv1.Import_Summary) {
	for _, t := range s.GetTotals() {
		fmt.Fprintf(out, "  %s in %s, %s given back", money.Text(t.GetPaidAmount(), "en"), several(t.GetOrderCount(), "order"),
			money.Text(t.GetRefundedAmount(), "en"))
		if t.GetReturnCount() > 0 {
			fmt.Fprintf(out, ", with %s", several(t.GetReturnCount(), "return"))
		}
		if t.GetCancelledCount() > 0 {
			fmt.Fprintf(out, "; %d cancelled", t.GetCancelledCount())
		}
		fmt.Fprintln(out)
	}
}

// shownChanges is how many changed orders are named.
const shownChanges = 10

// tellChanges names orders that the file says otherwise than before.
func tellChanges(out io.Writer, i *orderv1.Import) {
	changes := i.GetSummary().GetChanges()
	changes = changes[:min(len(changes), shownChanges)]
	for _, c := range changes {
		fmt.Fprintf(out, "line %d: %s is said otherwise than before\n", c.GetLine(), c.GetOrderNumber())
	}
	if more := i.GetChangedCount() - int64(len(changes)); more > 0 && len(changes) > 0 {
		fmt.Fprintf(out, "and %s more\n", importer.Count(more))
	}
}

// several is how many there are of something.
func several(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return importer.Count(n) + " " + what + "s"
}

// tellPreview shows how the file is read, and the first orders.
func tellPreview(out io.Writer, s *orderv1.Import_Summary) {
	var read, passed []string
	for _, c := range s.GetColumns() {
		if c.GetField() == "" {
			passed = append(passed, c.GetTitle())
		} else {
			read = append(read, c.GetField()+"="+c.GetTitle())
		}
	}
	if len(s.GetColumns()) > 0 {
		fmt.Fprintf(out, "columns: %s\n", strings.Join(read, ", "))
	}
	if len(passed) > 0 {
		fmt.Fprintf(out, "passed over: %s\n", strings.Join(passed, ", "))
	}
	for _, sample := range s.GetSamples() {
		fmt.Fprintf(out, "line %d: %s, %s, %s, %s %s", sample.GetLine(), cmp.Or(sample.GetOrderNumber(), "an order"),
			sample.GetPlaceTime().AsTime().Format("2006-01-02 15:04:05Z"), cmp.Or(sample.GetCustomerDisplayName(), "a customer without a name"),
			strings.ToLower(sample.GetState().String()), money.Text(sample.GetTotalAmount(), "en"))
		if back := sample.GetRefundedAmount(); back.GetUnits() != 0 || back.GetNanos() != 0 {
			fmt.Fprintf(out, ", %s given back", money.Text(back, "en"))
		}
		fmt.Fprintln(out)
		for _, l := range sample.GetLines() {
			name := cmp.Or(l.GetProductDisplayName(), strings.TrimPrefix(l.GetProduct(), "products/"))
			fmt.Fprintf(out, "  %6d x %s, %s\n", l.GetQuantity(), name, money.Text(l.GetAmount(), "en"))
		}
	}
}
