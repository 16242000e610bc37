package insight

import (
	"context"
	"fmt"

	"kept.dev/kit/event"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderDelivered notes what came: that is what counts, whatever had been ordered.
func (s *Service) onOrderDelivered(
	_ context.Context, tx *sqldb.Tx, _ event.Event, delivered *orderv1.OrderDelivered,
) error {
	if delivered.GetPlaceTime() == nil || delivered.GetGoodsAmount() == nil {
		return nil // said before deliveries told as much: what was ordered goes on to count
	}
	goods, err := money.Parse(delivered.GetGoodsAmount())
	if err != nil {
		return fmt.Errorf("goods of %s: %w", delivered.GetOrder(), err)
	}
	note(tx, settled, purchase{
		order: delivered.GetOrder(), customer: delivered.GetCustomer(), paid: goods,
		at: delivered.GetPlaceTime().AsTime(), units: delivered.GetUnitCount(),
	})
	return nil
}
