package demo

import (
	"context"
	"fmt"

	"google.golang.org/genproto/googleapis/type/money"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	"kept.dev/suite/importer"
)

// look says what came of the history, as the API tells.
func (d *demo) look(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.totals, d.months, d.best, d.gone} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// totals tells the sums.
func (d *demo) totals(ctx context.Context) error {
	report, proof := &customerv1.RfmReport{}, &loyaltyv1.VerifyLedgerResponse{}
	if err := d.api.get(ctx, report, "/v1/insights/default/rfmReport"); err != nil {
		return err
	}
	if err := d.api.get(ctx, proof, "/v1/programs/main:verifyLedger"); err != nil {
		return err
	}
	if !proof.GetBalanced() {
		return fmt.Errorf("the ledger of points does not balance: %v", proof)
	}
	d.page.title("What came of it")
	const row = "  %-9s %16s  %s"
	d.page.text(row, "customers", importer.Count(report.GetCustomerCount()),
		importer.Count(report.GetSingleOrderCustomerCount())+" of them have bought once only")
	d.page.text(row, "orders", importer.Count(report.GetOrderCount()), fmt.Sprintf("from %s to %s",
		report.GetFirstOrderTime().AsTime().Format(dateFormat), report.GetLastOrderTime().AsTime().Format(dateFormat)))
	d.page.text(row, "CDs", importer.Count(report.GetUnitCount()), "")
	d.page.text(row, "revenue", amount(report.GetRevenue()), report.GetCurrencyCode())
	d.page.text(row, "points", importer.Count(proof.GetBalanceSum()), fmt.Sprintf("in %s accounts; %s postings add up to %d",
		importer.Count(proof.GetAccountCount()), importer.Count(proof.GetPostingCount()), proof.GetPostingSum()))
	return nil
}

const dateFormat = "2 January 2006"

// amount writes money to the cent, without its currency.
func amount(m *money.Money) string {
	return fmt.Sprintf("%s.%02d", importer.Count(m.GetUnits()), m.GetNanos()/10_000_000)
}

// mostMonths is more than any history has that is shown.
const mostMonths = "1000"

// months tells what was sold when, the first month first.
func (d *demo) months(ctx context.Context) error {
	found := &customerv1.ListSalesMonthsResponse{}
	if err := d.api.get(ctx, found, "/v1/insights/default/salesMonths", "pageSize", mostMonths); err != nil {
		return err
	}
	d.page.title("Month by month")
	d.page.text("  %-7s  %9s  %7s  %7s  %7s  %14s", "", "customers", "new", "orders", "CDs", "revenue")
	all := found.GetSalesMonths()
	for i := range all {
		m := all[len(all)-1-i]
		d.page.text("  %04d-%02d  %9s  %7s  %7s  %7s  %14s", m.GetMonth().GetYear(), m.GetMonth().GetMonth(),
			importer.Count(m.GetCustomerCount()), importer.Count(m.GetNewCustomerCount()), importer.Count(m.GetOrderCount()),
			importer.Count(m.GetUnitCount()), amount(m.GetRevenue()))
	}
	return nil
}
