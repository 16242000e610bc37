package fulfillment

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// A promise that is still open is broken by a delivery after its time. This statement has a row where this very delivery
// breaks it, so the answer is said once, whoever else is asked at the same moment.
const breakLate = `
	update orders set promise_state = 4
	where id = $1 and state = 3 and promise_state in (1, 2) and promised < $2
	returning id`

// A delivery in time keeps the promise, even one that was taken for broken because the news came late.
const deliver = `
	update orders set
		version = version + 1, state = case when state = 3 then 4 else 0 end,
		delivered = case when state = 3 then $2 else delivered end,
		promise_state = case when $2 <= promised then 3 else promise_state end
	where id = $1
	returning ` + order.Columns

// DeliverOrder records that the goods are with the customer, and answers whether the promise was kept: by the time of the
// fact, not of the message.
//
// Errors: NOT_FOUND for an unknown order; INVALID_ARGUMENT for a time in the future or before it was shipped;
// FAILED_PRECONDITION (ORDER_NOT_SHIPPED) in any other state.
func (s *Service) DeliverOrder(ctx context.Context, req *orderv1.DeliverOrderRequest) (*orderv1.Order, error) {
	now := s.clock.Now()
	at := now
	if req.GetDeliverTime() != nil {
		at = req.GetDeliverTime().AsTime()
	}
	if at.After(now) {
		return nil, errs.Invalid("deliver_time", "must not be in the future")
	}
	id := orderID(req.GetName())

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Order, error) {
		late, err := tx.Query(breakLate, id, at.UnixMicro())
		if err != nil {
			return nil, err
		}
		o, err := order.Change(tx, req.GetName(), sqldb.Q(deliver, id, at.UnixMicro()).
			Refuse("orders_state_known", errs.Refused("ORDER_NOT_SHIPPED", "%s is not on its way", req.GetName())).
			Refuse("orders_delivered_after_shipped", errs.Invalid("deliver_time", "must not be before the order was shipped")))
		if err != nil {
			return nil, err
		}
		return s.sayDelivered(ctx, tx, o, late.Len() > 0)
	})
}

func (s *Service) sayDelivered(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order, late bool) (*orderv1.Order, error) {
	goods, err := order.GoodsThatCome(o)
	if err != nil {
		return nil, err
	}
	if err := s.steps.Record(tx, o, o.GetDeliverTime().AsTime(), "delivered"); err != nil {
		return nil, err
	}
	delivered := &orderv1.OrderDelivered{
		Order: o.GetName(), Customer: o.GetCustomer(), DeliverTime: o.GetDeliverTime(), GoodsAmount: goods.Proto(),
		PlaceTime: o.GetCreateTime(), UnitCount: order.UnitsThatCome(o), Lines: order.LinesThatCome(o),
	}
	if err := s.outbox.Append(ctx, tx, o.GetName(), order.Version(o), delivered); err != nil {
		return nil, err
	}
	if o.GetPromiseState() == orderv1.Order_KEPT {
		return o, s.outbox.Append(ctx, tx, o.GetName(), order.Version(o), order.Kept(o))
	}
	if !late {
		return o, nil
	}
	return o, s.orders.MarkBroken(ctx, tx, o)
}
