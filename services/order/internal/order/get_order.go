package order

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetOrder returns one order.
//
// Errors: NOT_FOUND for an unknown order, and for a customer who asks about another's.
func (s *Service) GetOrder(ctx context.Context, req *orderv1.GetOrderRequest) (*orderv1.Order, error) {
	id := idOf(req.GetName())
	results, err := s.db.Batch(ctx,
		sqldb.Q(selectOrders+` where id = $1 and ($2 = '' or customer = $2)`, id, access.ScopeOf(ctx).Customer),
		SelectLines(id))
	if err != nil {
		return nil, err
	}
	order, err := sqldb.One(results[0], Scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	if err != nil {
		return nil, err
	}
	return order, AddLines([]*orderv1.Order{order}, results[1])
}
