package account

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

var accountListing = page.Listing{ID: "customer"}

// ListAccounts lists the accounts of a programme by page, by the customers' ids.
//
// Errors: NOT_FOUND for an unknown programme.
func (s *Service) ListAccounts(
	ctx context.Context, req *loyaltyv1.ListAccountsRequest,
) (*loyaltyv1.ListAccountsResponse, error) {
	query, err := accountListing.Parse(req)
	if err != nil {
		return nil, err
	}
	program := programID(req.GetParent())
	conds := []page.Cond{page.Where("program = ?", program)}
	if own := access.ScopeOf(ctx).Customer; own != "" {
		conds = append(conds, page.Where("customer = ?", customerID(own)))
	}
	text, args := query.SQL(selectAccounts, conds...)
	results, err := s.db.Batch(ctx, sqldb.Q(`select id from program where id = $1`, program), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	accounts, err := sqldb.All(results[1], scanAccount)
	if err != nil {
		return nil, err
	}
	accounts, next, err := page.Cut(query, accounts, func(a *loyaltyv1.Account, _ string) any { return customerID(a.GetCustomer()) })
	return &loyaltyv1.ListAccountsResponse{Accounts: accounts, NextPageToken: next}, err
}
