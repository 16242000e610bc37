package insight

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderCancelled has the order count no more.
func (s *Service) onOrderCancelled(
	_ context.Context, tx *sqldb.Tx, _ event.Event, cancelled *orderv1.OrderCancelled,
) error {
	note(tx, void, purchase{order: cancelled.GetOrder(), customer: cancelled.GetCustomer()})
	return nil
}
