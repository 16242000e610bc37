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
	"kept.dev/services/order/internal/payment"
)

// Only an order that is not on its way can be cancelled: any other gets the state 0, which the named CHECK refuses.
const cancel = `
	update orders set
		version = version + 1, state = case when state in (1, 2) then 5 else 0 end,
		promise_state = case when promise_state in (1, 2) then 5 else promise_state end,
		cancelled = $2, cancel_reason = $3, asking = 0, owed = 0
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
		return s.CallOff(ctx, tx, req.GetName(), reason, access.ScopeOf(ctx).Customer)
	})
}

// CallOff cancels an order in the transaction of whatever is the reason. Where customer is given it has to be theirs.
//
// Errors: as CancelOrder's.
func (s *Service) CallOff(ctx context.Context, tx *sqldb.Tx, name, reason, customer string) (*orderv1.Order, error) {
	now := s.clock.Now()
	order, rows, err := ChangeAnd(tx, name,
		sqldb.Q(cancel, idOf(name), now.UnixMicro(), reason, customer).
			Refuse("orders_state_known", errs.Refused("ORDER_NOT_CANCELLABLE",
				"%s has been shipped, delivered or cancelled already", name)),
		selectOpenShortages(name))
	if err != nil {
		return nil, err
	}
	shortages, err := sqldb.All(rows[0], scanOpenShortage)
	if err != nil {
		return nil, err
	}
	if err := s.refundRest(ctx, tx, order); err != nil {
		return nil, err
	}
	freeGoods(tx, order, shortages)
	if err := s.steps.Record(tx, order, now, "cancelled: %s", reason); err != nil {
		return nil, err
	}
	return order, s.sayCancelled(ctx, tx, order)
}

// refundRest owes the customer all that has not come back yet.
func (s *Service) refundRest(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	total, err := money.Parse(o.GetTotalAmount())
	if err != nil {
		return err
	}
	refunded, err := money.Parse(o.GetRefundedAmount())
	if err != nil {
		return err
	}
	rest := money.Amount{Minor: total.Minor - refunded.Minor, Currency: total.Currency}
	_, err = s.RequestRefund(ctx, tx, o, payment.RefundRequest{Purpose: orderv1.Refund_CANCELLATION, Amount: rest})
	return err
}

func (s *Service) sayCancelled(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	cancelled := &orderv1.OrderCancelled{
		Order: o.GetName(), Customer: o.GetCustomer(), Reason: o.GetCancelReason(), Lines: LinesThatCome(o),
	}
	if err := s.outbox.Append(ctx, tx, o.GetName(), Version(o), cancelled); err != nil {
		return err
	}
	if o.GetPromiseState() != orderv1.Order_RELEASED {
		return nil
	}
	return s.outbox.Append(ctx, tx, o.GetName(), Version(o), Released(o, o.GetCancelReason()))
}
