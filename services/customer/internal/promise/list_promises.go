package promise

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "made", Kind: page.Timestamp},
		{Name: "due_time", Column: "due", Kind: page.Timestamp, FilterOnly: true},
		{Name: "customer", Kind: page.String, FilterOnly: true},
		{Name: "about", Kind: page.String, FilterOnly: true},
		{Name: "service", Kind: page.String, FilterOnly: true},
		{Name: "state", Kind: page.Enum, Enum: customerv1.Promise_OPEN, FilterOnly: true},
		{Name: "breach_cause", Column: "cause", Kind: page.Enum, Enum: promisev1.PromiseBreachCause_OUT_OF_STOCK, FilterOnly: true},
		{Name: "kind", Kind: page.Enum, Enum: promisev1.PromiseKind_DELIVERY, FilterOnly: true},
	},
}

// ListPromises lists promises by page.
func (s *Service) ListPromises(
	ctx context.Context, req *customerv1.ListPromisesRequest,
) (*customerv1.ListPromisesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	known := []page.Cond{page.Where("made is not null")}
	if own := access.ScopeOf(ctx).Customer; own != "" {
		known = append(known, page.Where("customer = ?", own))
	}
	text, args := query.SQL(`select `+columns+` from promise`, known...)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	promises, err := sqldb.All(rows, scan)
	if err != nil {
		return nil, err
	}
	promises, next, err := page.Cut(query, promises, column)
	return &customerv1.ListPromisesResponse{Promises: promises, NextPageToken: next}, err
}

func column(p *customerv1.Promise, name string) any {
	if name == "made" {
		return p.GetCreateTime().AsTime().UnixMicro()
	}
	return idOf(p.GetName())
}
