package cases

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// GetCase returns one case.
//
// Errors: NOT_FOUND for an unknown case, and for a customer who asks about another's.
func (s *Service) GetCase(ctx context.Context, req *supportv1.GetCaseRequest) (*supportv1.Case, error) {
	rows, err := s.db.Query(ctx, selectCases+` where id = $1 and ($2 = '' or customer = $2)`,
		idOf(req.GetName()), access.ScopeOf(ctx).Customer)
	if err != nil {
		return nil, err
	}
	r, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	if err != nil {
		return nil, err
	}
	return r.Case, nil
}
