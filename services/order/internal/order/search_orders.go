package order

import (
	"context"
	"strings"
	"unicode/utf8"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const (
	// leastBeginning is how much of a number at least has to be said for those that begin so to be found, in characters.
	leastBeginning = 4
	// mostCustomers is how many of the customers who are found have their orders looked for.
	mostCustomers = 100
)

// byTime pages through what is found, the latest first.
var byTime = page.Listing{
	ID: "id", DefaultOrder: "create_time desc", Fields: []page.Field{{Name: "create_time", Column: "created", Kind: page.Timestamp, OrderOnly: true}},
}

// SearchOrders finds orders by their numbers, or else by what is known of their customers.
//
// Errors: INVALID_ARGUMENT for page_size or page_token; UNAVAILABLE where the customer service has to be asked and is away.
func (s *Service) SearchOrders(ctx context.Context, req *orderv1.SearchOrdersRequest) (*orderv1.SearchOrdersResponse, error) {
	query, err := byTime.Parse(req)
	if err != nil {
		return nil, err
	}
	numbers, ok := numbered(req.GetQuery())
	if ok {
		if ok, err = s.any(ctx, numbers); err != nil {
			return nil, err
		}
	}
	if ok {
		return s.found(ctx, query, numbers)
	}
	customers, err := s.customers().SearchCustomers(ctx, &customerv1.SearchCustomersRequest{Query: req.GetQuery(), PageSize: mostCustomers})
	if err != nil || len(customers.GetCustomers()) == 0 {
		return &orderv1.SearchOrdersResponse{}, err
	}
	names := make([]any, len(customers.GetCustomers()))
	for i, c := range customers.GetCustomers() {
		names[i] = c.GetName()
	}
	return s.found(ctx, query, page.Where("customer in (?"+strings.Repeat(", ?", len(names)-1)+")", names...))
}

// numbered is the condition that an order has the number, in any spelling, or one that begins so. There is none for what is no number.
func numbered(text string) (cond page.Cond, ok bool) {
	key := NumberKey(text)
	if key == "" {
		return cond, false
	}
	sql, args := byNumber+"order_number in (?, ?)"+byKey+"number_key = ?", []any{key, strings.TrimSpace(text), key}
	if utf8.RuneCountInString(key) >= leastBeginning {
		const beyond = "\U0010FFFF"
		sql += " union " + byNumber + "order_number >= ? and order_number < ?" + byKey + "number_key >= ? and number_key < ?"
		args = append(args, key, key+beyond, key, key+beyond)
	}
	return page.Where("id in ("+sql+")", args...), true
}

// The orders with a number are found along its index, however many others there are.
const (
	byNumber = `select id from orders where order_number <> '' and `
	byKey    = ` union select id from orders where number_key <> '' and `
)

// any tells whether there is an order that fulfils the condition.
func (s *Service) any(ctx context.Context, cond page.Cond) (bool, error) {
	text, args := page.SelectWhere("select 1 from orders", nil, cond)
	rows, err := s.db.Query(ctx, text+" limit 1", args...)
	return err == nil && rows.Len() > 0, err
}

// found is a page of the orders that fulfil the condition.
func (s *Service) found(ctx context.Context, query *page.Query, cond page.Cond) (*orderv1.SearchOrdersResponse, error) {
	text, args := query.SQL(selectOrders, cond)
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
	return &orderv1.SearchOrdersResponse{Orders: orders, NextPageToken: next}, s.addLines(ctx, orders)
}
