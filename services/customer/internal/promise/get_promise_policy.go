package promise

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

const selectPolicy = `select ` + policyColumns + ` from promise_policy where kind = $1`

// GetPromisePolicy returns what is set for one kind of promise.
//
// Errors: NOT_FOUND for a kind that there is not.
func (s *Service) GetPromisePolicy(
	ctx context.Context, req *customerv1.GetPromisePolicyRequest,
) (*customerv1.PromisePolicy, error) {
	rows, err := s.db.Query(ctx, selectPolicy, int64(kindOf(req.GetName())))
	if err != nil {
		return nil, err
	}
	policy, err := sqldb.One(rows, scanPolicy)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return policy, err
}
