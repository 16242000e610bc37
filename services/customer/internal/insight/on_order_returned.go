package insight

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderReturned has the order count no more.
func (s *Service) onOrderReturned(
	_ context.Context, tx *sqldb.Tx, _ event.Event, returned *orderv1.OrderReturned,
) error {
	note(tx, void, purchase{order: returned.GetOrder(), customer: returned.GetCustomer()})
	return nil
}
