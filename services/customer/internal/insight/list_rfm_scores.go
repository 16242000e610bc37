package insight

import (
	"context"
	"strings"

	"kept.dev/kit/money"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

var listing = page.Listing{
	ID:           "customer",
	DefaultOrder: "total_amount desc",
	Fields: []page.Field{
		{Name: "customer", Kind: page.String, Prefix: customers},
		{Name: "first_order_time", Column: "first_order", Kind: page.Timestamp, FilterOnly: true},
		{Name: "last_order_time", Column: "last_order", Kind: page.Timestamp},
		{Name: "order_count", Column: "orders", Kind: page.Int},
		{Name: "unit_count", Column: "units", Kind: page.Int, FilterOnly: true},
		{Name: "total_amount", Column: "amount", Kind: page.Int, OrderOnly: true},
		{Name: "recency_score", Kind: page.Int, FilterOnly: true},
		{Name: "frequency_score", Kind: page.Int, FilterOnly: true},
		{Name: "monetary_score", Kind: page.Int, FilterOnly: true},
	},
}

// ListRfmScores lists customers who have bought in the currency, by page.
//
// Errors: INVALID_ARGUMENT for what is no currency.
func (s *Service) ListRfmScores(
	ctx context.Context, req *customerv1.ListRfmScoresRequest,
) (*customerv1.ListRfmScoresResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	among, err := s.populationOf(ctx, "parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	from, args, err := s.scored(ctx, among)
	if err != nil {
		return nil, err
	}
	text, args := query.SQLWith(`select `+scoreColumns+` from `+from, args)
	rows, err := s.db.LongReads().Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, among.scanScore)
	if err != nil {
		return nil, err
	}
	found, next, err := page.Cut(query, found, column)
	return &customerv1.ListRfmScoresResponse{RfmScores: found, NextPageToken: next}, err
}

func column(s *customerv1.RfmScore, name string) any {
	switch name {
	case recency:
		return s.GetLastOrderTime().AsTime().UnixMicro()
	case frequency:
		return s.GetOrderCount()
	case monetary:
		paid, _ := money.Parse(s.GetTotalAmount())
		return paid.Minor
	}
	return strings.TrimPrefix(s.GetCustomer(), customers)
}
