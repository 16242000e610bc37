package account

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersImported credits what orders of an earlier time earn: the same as if each had just been delivered, by the rates of
// today. Either all of them are entered or none, so one whose points can't be counted puts the others aside with it.
func (s *Service) onOrdersImported(
	ctx context.Context, tx *sqldb.Tx, e event.Event, imported *orderv1.OrdersImported,
) error {
	purchases := make([]purchase, len(imported.GetOrders()))
	for i, o := range imported.GetOrders() {
		var err error
		if purchases[i], err = purchaseOf(o.GetOrder(), o.GetCustomer(), o.GetGoodsAmount()); err != nil {
			return err
		}
	}
	return s.earn(ctx, tx, e.Time, purchases...)
}
