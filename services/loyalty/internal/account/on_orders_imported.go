package account

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersImported credits what orders of an earlier time earn: the same as if each had just been delivered, by the rates of
// today. One that was cancelled or given back earns nothing; of one that has been told of before, what it has earned so far is brought to
// what it earns now. Either all of them are entered or none, so one whose points can't be counted puts the others aside with it.
func (s *Service) onOrdersImported(
	ctx context.Context, tx *sqldb.Tx, e event.Event, imported *orderv1.OrdersImported,
) error {
	var fresh, changed []purchase
	for _, o := range imported.GetOrders() {
		goods := o.GetGoodsAmount()
		if o.GetState() == orderv1.Order_CANCELLED || o.GetState() == orderv1.Order_RETURNED {
			goods = nil
		}
		p, err := purchaseOf(o.GetOrder(), o.GetCustomer(), goods)
		if err != nil {
			return err
		}
		if o.GetVersion() > 1 {
			changed = append(changed, p)
		} else {
			fresh = append(fresh, p)
		}
	}
	if err := s.earnImported(ctx, tx, e, fresh); err != nil {
		return err
	}
	return s.changeImported(ctx, tx, e, changed, 0)
}

// onImportedOrdersRemoved takes back what orders have earned that an import had brought.
func (s *Service) onImportedOrdersRemoved(
	ctx context.Context, tx *sqldb.Tx, e event.Event, removed *orderv1.ImportedOrdersRemoved,
) error {
	purchases := make([]purchase, len(removed.GetOrders()))
	for i, o := range removed.GetOrders() {
		purchases[i] = purchase{order: orderID(o.GetOrder()), customer: customerID(o.GetCustomer())}
	}
	return s.changeImported(ctx, tx, e, purchases, 1)
}
