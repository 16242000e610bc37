package catalog

import (
	"context"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "name",
	Fields:       []page.Field{{Name: "name", Column: "id", Kind: page.String, Prefix: collection}},
}

// ListProducts lists the products by page, by name.
func (s *Service) ListProducts(ctx context.Context, req *orderv1.ListProductsRequest) (*orderv1.ListProductsResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(selectProducts)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, ScanProduct)
	if err != nil {
		return nil, err
	}
	found, next, err := page.Cut(query, found, func(p *orderv1.Product, _ string) any { return idOf(p.GetName()) })
	return &orderv1.ListProductsResponse{Products: found, NextPageToken: next}, err
}
