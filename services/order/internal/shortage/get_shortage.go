package shortage

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetShortage returns one shortage.
//
// Errors: NOT_FOUND for an unknown shortage, and for a customer who asks about another's.
func (s *Service) GetShortage(ctx context.Context, req *orderv1.GetShortageRequest) (*orderv1.Shortage, error) {
	order, id := split(req.GetName())
	rows, err := s.db.Query(ctx, selectShortages+` where order_id = $1 and id = $2 and ($3 = '' or customer = $3)`,
		order, id, access.ScopeOf(ctx).Customer)
	if err != nil {
		return nil, err
	}
	shortage, err := sqldb.One(rows, scanProto)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return shortage, err
}
