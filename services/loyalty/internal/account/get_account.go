package account

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// GetAccount returns one account.
//
// Errors: NOT_FOUND for an unknown account, and for a customer who asks about another's.
func (s *Service) GetAccount(ctx context.Context, req *loyaltyv1.GetAccountRequest) (*loyaltyv1.Account, error) {
	h := holderOf(req.GetName())
	if !h.visibleTo(access.ScopeOf(ctx).Customer) {
		return nil, errs.NotFound(req.GetName())
	}
	results, err := s.db.Batch(ctx, selectAccount(h))
	if err != nil {
		return nil, err
	}
	account, err := sqldb.One(results[0], scanAccount)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return account, err
}
