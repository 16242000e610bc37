package identity

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetIdentity returns one identity.
//
// Errors: NOT_FOUND for an unknown identity, and for a customer who asks about another's.
func (s *Service) GetIdentity(ctx context.Context, req *customerv1.GetIdentityRequest) (*customerv1.Identity, error) {
	customer, identity := split(req.GetName())
	if own := access.ScopeOf(ctx).Customer; own != "" && own != customers+customer {
		return nil, errs.NotFound(req.GetName())
	}
	rows, err := s.db.Query(ctx, `select `+columns+` from identity where customer_id = $1 and id = $2`, customer, identity)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return found, err
}
