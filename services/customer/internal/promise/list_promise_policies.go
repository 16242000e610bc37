package promise

import (
	"context"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

var policyListing = page.Listing{
	ID:     "kind",
	Fields: []page.Field{{Name: "kind", Kind: page.Int, OrderOnly: true}},
}

// ListPromisePolicies lists what is set for every kind of promise, by page.
func (s *Service) ListPromisePolicies(
	ctx context.Context, req *customerv1.ListPromisePoliciesRequest,
) (*customerv1.ListPromisePoliciesResponse, error) {
	query, err := policyListing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(`select ` + policyColumns + ` from promise_policy`)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	policies, err := sqldb.All(rows, scanPolicy)
	if err != nil {
		return nil, err
	}
	policies, next, err := page.Cut(query, policies, func(p *customerv1.PromisePolicy, _ string) any {
		return int64(p.GetKind())
	})
	return &customerv1.ListPromisePoliciesResponse{PromisePolicies: policies, NextPageToken: next}, err
}
