package order

import (
	"context"
	"strings"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/order/internal/stock"
)

// Only an order that is not on its way can be cancelled: any other gets the state 0, which the named CHECK refuses.
const cancel = `
	update orders set
		version = version + 1, state = case when state in (1, 2) then 5 else 0 end,
		promise_state = case when promise_state in (1, 2) then 5 else promise_state end,
		cancelled = $2, cancel_reason = $3
	where id = $1 and ($4 = '' or customer = $4)
	returning ` + Columns

// CancelOrder calls an order off: the goods are free again, what has not come back yet comes back, and the promise is
// released. The reason goes to the customer with the same transaction's event: nothing is cancelled in silence.
//
// Errors: INVALID_ARGUMENT without a reason; NOT_FOUND for an unknown order or another's; FAILED_PRECONDITION
// (ORDER_NOT_CANCELLABLE) once it has been shipped, delivered or cancelled.
func (s *Service) CancelOrder(ctx context.Context, req *orderv1.CancelOrderRequest) (*orderv1.Order, error) {
	reason := strings.TrimSpace(req.GetReason())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Order, error) {
		id := idOf(req.GetName())
		order, err := Change(tx, req.GetName(),
			sqldb.Q(cancel, id, s.clock.Now().UnixMicro(), reason, access.ScopeOf(ctx).Customer).
				Refuse("orders_state_known", errs.Refused("ORDER_NOT_CANCELLABLE",
					"%s has been shipped, delivered or cancelled already", req.GetName())))
		if err != nil {
			return nil, err
		}
		if err := s.undo(ctx, tx, order); err != nil {
			return nil, err
		}
		return order, s.sayCancelled(ctx, tx, order)
	})
}

// undo gives back what the order took: goods and money.
func (s *Service) undo(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	for _, line := range o.GetLines() {
		if o.GetPickTime() == nil {
			stock.Release(tx, line.GetProduct(), line.GetQuantity())
		} else {
			stock.PutBack(tx, line.GetProduct(), line.GetQuantity())
		}
	}
	total, err := money.Parse(o.GetTotalAmount())
	if err != nil {
		return err
	}
	refunded, err := money.Parse(o.GetRefundedAmount())
	if err != nil {
		return err
	}
	owed := money.Amount{Minor: total.Minor - refunded.Minor, Currency: total.Currency}
	if owed.Minor == 0 {
		return nil
	}
	o.RefundedAmount = total.Proto()
	return s.payments.RequestRefund(ctx, tx, o.GetName(), o.GetCustomer(), orderv1.Refund_CANCELLATION, owed)
}

func (s *Service) sayCancelled(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	cancelled := &orderv1.OrderCancelled{Order: o.GetName(), Customer: o.GetCustomer(), Reason: o.GetCancelReason()}
	if err := s.outbox.Put(ctx, tx, o.GetName(), Version(o), cancelled); err != nil {
		return err
	}
	if o.GetPromiseState() != orderv1.Order_RELEASED {
		return nil
	}
	return s.outbox.Put(ctx, tx, o.GetName(), Version(o), &promisev1.PromiseReleased{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), Subject: o.GetName(), Reason: o.GetCancelReason(),
	})
}
