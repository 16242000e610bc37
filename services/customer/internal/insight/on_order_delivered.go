package insight

import (
	"context"
	"fmt"

	"kept.dev/kit/inbox"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersDelivered notes what came: that is what counts, whatever had been ordered.
func (s *Service) onOrdersDelivered(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrderDelivered]) error {
	var purchases []purchase
	for _, e := range events {
		delivered := e.Fact
		if delivered.GetPlaceTime() == nil || delivered.GetGoodsAmount() == nil {
			continue // said before deliveries told as much: what was ordered goes on to count
		}
		goods, err := money.Parse(delivered.GetGoodsAmount())
		if err != nil {
			return fmt.Errorf("goods of %s: %w", delivered.GetOrder(), err)
		}
		purchases = append(purchases, purchase{
			order: delivered.GetOrder(), customer: delivered.GetCustomer(), paid: goods,
			at: delivered.GetPlaceTime().AsTime(), units: delivered.GetUnitCount(),
		})
	}
	note(tx, settled, purchases...)
	return nil
}
