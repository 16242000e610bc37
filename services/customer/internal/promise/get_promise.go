package promise

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// A promise of which only the answer is known yet is no promise to anybody who asks.
const selectOne = `
	select ` + columns + ` from promise
	where id = $1 and made is not null and ($2 = '' or customer = $2)`

// GetPromise returns one promise.
//
// Errors: NOT_FOUND for an unknown promise, and for a customer who asks about another's.
func (s *Service) GetPromise(ctx context.Context, req *customerv1.GetPromiseRequest) (*customerv1.Promise, error) {
	rows, err := s.db.Query(ctx, selectOne, idOf(req.GetName()), access.ScopeOf(ctx).Customer)
	if err != nil {
		return nil, err
	}
	p, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return p, err
}
