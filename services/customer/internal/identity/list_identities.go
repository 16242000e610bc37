package identity

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time",
	Fields:       []page.Field{{Name: "create_time", Column: "created", Kind: page.Timestamp}},
}

// ListIdentities lists a customer's identities, the oldest first.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who asks about another.
func (s *Service) ListIdentities(
	ctx context.Context, req *customerv1.ListIdentitiesRequest,
) (*customerv1.ListIdentitiesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	customer := customerID(req.GetParent())
	text, args := query.SQL(`select `+columns+` from identity`, page.Where("customer_id = ?", customer))
	results, err := s.db.Batch(ctx, sqldb.Q(`select id from customer where id = $1`, customer), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	found, err := sqldb.All(results[1], scan)
	if err != nil {
		return nil, err
	}
	found, next, err := page.Cut(query, found, column)
	return &customerv1.ListIdentitiesResponse{Identities: found, NextPageToken: next}, err
}

func column(i *customerv1.Identity, name string) any {
	if name == "created" {
		return i.GetCreateTime().AsTime().UnixMicro()
	}
	_, id := split(i.GetName())
	return id
}
