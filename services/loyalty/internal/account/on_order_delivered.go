package account

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderDelivered credits what an order earns.
func (s *Service) onOrderDelivered(
	ctx context.Context, tx *sqldb.Tx, e event.Event, delivered *orderv1.OrderDelivered,
) error {
	p, err := purchaseOf(delivered.GetOrder(), delivered.GetCustomer(), delivered.GetGoodsAmount())
	if err != nil {
		return err
	}
	return s.earn(ctx, tx, e.Time, p)
}
