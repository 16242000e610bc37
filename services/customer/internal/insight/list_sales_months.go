package insight

import (
	"context"
	"fmt"

	"google.golang.org/genproto/googleapis/type/date"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

var months = page.Listing{
	ID:           "month",
	DefaultOrder: "month desc",
	Fields:       []page.Field{{Name: "month", Kind: page.Int}},
}

// ListSalesMonths lists the months in which anything was sold in the currency, by page, the latest first.
//
// Errors: INVALID_ARGUMENT for what is no currency.
func (s *Service) ListSalesMonths(
	ctx context.Context, req *customerv1.ListSalesMonthsRequest,
) (*customerv1.ListSalesMonthsResponse, error) {
	query, err := months.Parse(req)
	if err != nil {
		return nil, err
	}
	among, err := s.populationOf(ctx, "parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	sold, err := s.soldIn(ctx, among.currency)
	if err != nil {
		return nil, err
	}
	text, args := query.SQLWith(selectMonths(sold), []any{among.currency})
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, among.scanMonth)
	if err != nil {
		return nil, err
	}
	found, next, err := page.Cut(query, found, func(m *customerv1.SalesMonth, _ string) any { return numberOf(m.GetMonth()) })
	return &customerv1.ListSalesMonthsResponse{SalesMonths: found, NextPageToken: next}, err
}

func (p population) scanMonth(r *sqldb.Rows) (*customerv1.SalesMonth, error) {
	var month, amount int64
	m := &customerv1.SalesMonth{}
	err := r.Scan(&month, &m.CustomerCount, &m.OrderCount, &m.UnitCount, &amount, &m.NewCustomerCount)
	m.Name = fmt.Sprintf("%s/salesMonths/%04d-%02d", p.name(), month/100, month%100)
	m.Month = &date.Date{Year: int32(month / 100), Month: int32(month % 100), Day: 1}
	m.Revenue = p.money(amount)
	return m, err
}

// numberOf is the month as it is kept.
func numberOf(month *date.Date) int64 { return int64(month.GetYear())*100 + int64(month.GetMonth()) }
