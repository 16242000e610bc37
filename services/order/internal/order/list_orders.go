package order

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "created", Kind: page.Timestamp},
		{Name: "customer", Kind: page.String, FilterOnly: true},
		{Name: "order_number", Kind: page.String, FilterOnly: true},
		{Name: "state", Kind: page.Enum, Enum: orderv1.Order_PLACED, FilterOnly: true},
		{Name: "channel", Kind: page.Enum, Enum: typepb.Channel_WEB, FilterOnly: true},
		{Name: "promise_state", Kind: page.Enum, Enum: orderv1.Order_OPEN, FilterOnly: true},
	},
}

// ListOrders lists orders by page.
func (s *Service) ListOrders(ctx context.Context, req *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	var own []page.Cond
	if customer := access.ScopeOf(ctx).Customer; customer != "" {
		own = append(own, page.Where("customer = ?", customer))
	}
	text, args := query.SQL(selectOrders, own...)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	orders, err := sqldb.All(rows, Scan)
	if err != nil {
		return nil, err
	}
	orders, next, err := page.Cut(query, orders, column)
	if err != nil {
		return nil, err
	}
	return &orderv1.ListOrdersResponse{Orders: orders, NextPageToken: next}, s.addLines(ctx, orders)
}

// addLines reads the lines of a page of orders in one query.
func (s *Service) addLines(ctx context.Context, orders []*orderv1.Order) error {
	if len(orders) == 0 {
		return nil
	}
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = idOf(o.GetName())
	}
	results, err := s.db.Batch(ctx, SelectLines(ids...))
	if err != nil {
		return err
	}
	return AddLines(orders, results[0])
}

func column(o *orderv1.Order, name string) any {
	if name == "created" {
		return o.GetCreateTime().AsTime().UnixMicro()
	}
	return idOf(o.GetName())
}
