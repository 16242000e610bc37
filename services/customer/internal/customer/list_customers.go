package customer

import (
	"context"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "created", Kind: page.Timestamp},
		{Name: "language_code", Kind: page.String, FilterOnly: true},
		{Name: "region_code", Kind: page.String, FilterOnly: true},
	},
}

// ListCustomers lists customers by page, the latest first.
func (s *Service) ListCustomers(
	ctx context.Context, req *customerv1.ListCustomersRequest,
) (*customerv1.ListCustomersResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(`select ` + columns + ` from customer`)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	customers, err := sqldb.All(rows, scan)
	if err != nil {
		return nil, err
	}
	customers, next, err := page.Cut(query, customers, column)
	return &customerv1.ListCustomersResponse{Customers: customers, NextPageToken: next}, err
}

func column(c *customerv1.Customer, name string) any {
	if name == "created" {
		return c.GetCreateTime().AsTime().UnixMicro()
	}
	return idOf(c.GetName())
}
