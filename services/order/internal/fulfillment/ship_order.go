package fulfillment

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// What was noted before stays as it is, so that only the state is refused.
const ship = `
	update orders set
		version = version + 1, state = case when state = 2 then 3 else 0 end,
		shipped = case when state = 2 then $2 else shipped end
	where id = $1
	returning ` + order.Columns

// ShipOrder records that the goods were handed to the carrier.
//
// Errors: NOT_FOUND for an unknown order; FAILED_PRECONDITION (ORDER_NOT_PICKED) in any other state.
func (s *Service) ShipOrder(ctx context.Context, req *orderv1.ShipOrderRequest) (*orderv1.Order, error) {
	now := s.clock.Now()
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Order, error) {
		o, err := order.Change(tx, req.GetName(), sqldb.Q(ship, orderID(req.GetName()), now.UnixMicro()).
			Refuse("orders_state_known", errs.Refused("ORDER_NOT_PICKED", "%s is not waiting to be shipped", req.GetName())))
		if err != nil {
			return nil, err
		}
		if err := s.steps.Record(tx, o, now, "handed to the carrier"); err != nil {
			return nil, err
		}
		shipped := &orderv1.OrderShipped{Order: o.GetName(), Customer: o.GetCustomer()}
		return o, s.outbox.Append(ctx, tx, o.GetName(), order.Version(o), shipped)
	})
}
