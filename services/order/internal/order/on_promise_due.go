package order

import (
	"context"
	"errors"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/order/internal/payment"
)

// A promise that another has replaced was answered then.
const breakPromise = `
	update orders set version = version + 1, promise_state = 4
	where id = $1 and promise = $2 and promise_state in (1, 2)
	returning ` + Columns

// onPromiseDue answers whether the delivery promise was kept. A delivery in time has answered already, when it was
// recorded; an order that is still open now has broken its promise, and the speed fee goes back with that answer.
func (s *Service) onPromiseDue(ctx context.Context, tx *sqldb.Tx, _ event.Event, due *promisev1.PromiseDue) error {
	if due.GetService() != "order" {
		return nil
	}
	order, err := Change(tx, due.GetAbout(), sqldb.Q(breakPromise, idOf(due.GetAbout()), due.GetPromise()))
	if errors.Is(err, errNoSuchOrder) { // answered already, or the promise is not a delivery's
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.steps.Record(tx, order, s.clock.Now(), "not delivered by the promised time"); err != nil {
		return err
	}
	return s.Break(ctx, tx, order)
}

// Break says that the delivery promise was broken, and owes the customer the speed fee, once: a promise that was made after
// the fee has come back is one without a fee.
func (s *Service) Break(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	fee, err := money.Parse(o.GetSpeedFee())
	if err != nil {
		return err
	}
	if fee.Minor > 0 {
		failpoint.Hit("refund.request", "speed-fee")
	}
	requested, err := s.Owe(ctx, tx, o, payment.Owed{Purpose: orderv1.Refund_SPEED_FEE, Amount: fee})
	if err != nil {
		return err
	}
	if !requested {
		fee.Minor = 0
	}
	missing, err := waits(tx, o)
	if err != nil {
		return err
	}
	return s.outbox.Append(ctx, tx, o.GetName(), Version(o), broken(o, fee.Proto(), breachCause(o, missing)))
}

// waits tells whether the order waits for something that is missing.
func waits(tx *sqldb.Tx, o *orderv1.Order) (bool, error) {
	rows, err := tx.Query(`select 1 from shortage where order_id = $1 and owed > 0 limit 1`, idOf(o.GetName()))
	return err == nil && rows.Len() > 0, err
}

// Owe has money go back to the order's customer, and adds it to what the order has come to; requested tells whether it had not
// been owed before.
func (s *Service) Owe(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order, owed payment.Owed) (requested bool, err error) {
	owed.Order, owed.Customer = o.GetName(), o.GetCustomer()
	if requested, err = s.payments.RequestRefund(ctx, tx, owed); err != nil || !requested {
		return false, err
	}
	refunded, err := money.Parse(o.GetRefundedAmount())
	if err != nil {
		return false, err
	}
	refunded.Minor += owed.Amount.Minor
	o.RefundedAmount = refunded.Proto()
	return true, nil
}
