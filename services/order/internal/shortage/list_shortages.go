package shortage

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time",
	Fields:       []page.Field{{Name: "create_time", Column: "created", Kind: page.Timestamp}},
}

// ListShortages lists an order's shortages by page.
//
// Errors: NOT_FOUND for an unknown order, and for a customer who asks about another's.
func (s *Service) ListShortages(ctx context.Context, req *orderv1.ListShortagesRequest) (*orderv1.ListShortagesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	order := orderID(req.GetParent())
	text, args := query.SQL(selectShortages, page.Where("order_id = ?", order))
	results, err := s.db.Batch(ctx,
		sqldb.Q(`select id from orders where id = $1 and ($2 = '' or customer = $2)`, order, access.ScopeOf(ctx).Customer),
		sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	shortages, err := sqldb.All(results[1], scanProto)
	if err != nil {
		return nil, err
	}
	shortages, next, err := page.Cut(query, shortages, column)
	return &orderv1.ListShortagesResponse{Shortages: shortages, NextPageToken: next}, err
}

func column(s *orderv1.Shortage, name string) any {
	if name == "created" {
		return s.GetCreateTime().AsTime().UnixMicro()
	}
	_, id := split(s.GetName())
	return id
}
