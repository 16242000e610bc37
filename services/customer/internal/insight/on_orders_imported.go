package insight

import (
	"context"
	"fmt"

	"kept.dev/kit/inbox"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersImported notes what was bought at an earlier time.
func (s *Service) onOrdersImported(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrdersImported]) error {
	var purchases []purchase
	for _, e := range events {
		for _, o := range e.Fact.GetOrders() {
			goods, err := money.Parse(o.GetGoodsAmount())
			if err != nil {
				return fmt.Errorf("goods of %s: %w", o.GetOrder(), err)
			}
			purchases = append(purchases, purchase{
				order: o.GetOrder(), customer: o.GetCustomer(), paid: goods, at: o.GetPlaceTime().AsTime(), units: o.GetUnitCount(),
			})
		}
	}
	note(tx, settled, purchases...)
	return nil
}
