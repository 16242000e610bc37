package fulfillment

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/stock"
)

// An order in any other state gets the state 0, which the named CHECK refuses, as another does with an order of which
// something is missing.
const pick = `
	update orders set version = version + 1, state = case when state = 1 then 2 else 0 end, picked = $2
	where id = $1
	returning ` + order.Columns

// PickOrder records that the goods were taken from the shelf.
//
// Errors: NOT_FOUND for an unknown order; FAILED_PRECONDITION (ORDER_NOT_PLACED) in any other state, (ORDER_INCOMPLETE)
// while the customer is being asked about something that is missing, or waits for it.
func (s *Service) PickOrder(ctx context.Context, req *orderv1.PickOrderRequest) (*orderv1.Order, error) {
	now := s.clock.Now()
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Order, error) {
		o, err := order.Change(tx, req.GetName(), sqldb.Q(pick, orderID(req.GetName()), now.UnixMicro()).
			Refuse("orders_state_known", errs.Refused("ORDER_NOT_PLACED", "%s is not waiting to be picked", req.GetName())).
			Refuse("orders_complete", errs.Refused("ORDER_INCOMPLETE", "something of %s is still missing", req.GetName())))
		if err != nil {
			return nil, err
		}
		for _, line := range o.GetLines() {
			stock.Remove(tx, line.GetProduct(), order.Coming(line))
		}
		if err := s.steps.Record(tx, o, now, "taken from the shelf"); err != nil {
			return nil, err
		}
		picked := &orderv1.OrderPicked{Order: o.GetName(), Customer: o.GetCustomer()}
		return o, s.outbox.Append(ctx, tx, o.GetName(), order.Version(o), picked)
	})
}
