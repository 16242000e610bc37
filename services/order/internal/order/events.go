package order

import (
	"context"
	"errors"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/inbox"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/order/internal/payment"
)

func (s *Service) events() []inbox.Handler {
	return []inbox.Handler{
		inbox.OnAll("order.customer-created", s.onCustomersCreated),
		inbox.On("order.promise-at-risk", s.onPromiseAtRisk),
		inbox.On("order.promise-due", s.onPromiseDue),
	}
}

// onCustomersCreated remembers that the customers exist, so that orders need not ask.
func (s *Service) onCustomersCreated(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomerCreated]) error {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.Fact.GetCustomer()
	}
	s.knownCustomers().Keep(tx, names...)
	return nil
}

// A date that is later still, because something is missing, stays. A promise that another has replaced is no longer warned of.
const delay = `
	update orders set version = version + 1, promise_state = 2, expected = case when expected > $2 then expected else $2 end
	where id = $1 and promise = $3 and promise_state = 1 and state in (1, 2, 3)
	returning ` + Columns

// onPromiseAtRisk gives an order that will be late a new date, to be told before the customer asks.
func (s *Service) onPromiseAtRisk(
	ctx context.Context, tx *sqldb.Tx, _ event.Event, warned *promisev1.PromiseAtRisk,
) error {
	if warned.GetService() != "order" {
		return nil
	}
	expected := expectedWhenAtRisk(warned.GetDueTime().AsTime(), s.clock.Now())
	order, err := Change(tx, warned.GetAbout(),
		sqldb.Q(delay, idOf(warned.GetAbout()), expected.UnixMicro(), warned.GetPromise()))
	if errors.Is(err, errNoSuchOrder) { // delivered, cancelled or answered meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.steps.Record(tx, order, s.clock.Now(), "expected later than was promised"); err != nil {
		return err
	}
	return s.outbox.Append(ctx, tx, order.GetName(), Version(order), &orderv1.OrderDelayed{
		Order: order.GetName(), Customer: order.GetCustomer(),
		PromisedDeliveryTime: order.GetPromisedDeliveryTime(), ExpectedDeliveryTime: order.GetExpectedDeliveryTime(),
	})
}

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
	return s.MarkBroken(ctx, tx, order)
}

// MarkBroken says that the delivery promise was broken, and owes the customer the speed fee, once: a promise that was made after
// the fee has come back is one without a fee.
func (s *Service) MarkBroken(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	fee, err := money.Parse(o.GetSpeedFee())
	if err != nil {
		return err
	}
	if fee.Minor > 0 {
		failpoint.Hit("refund.request", "speed-fee")
	}
	requested, err := s.RequestRefund(ctx, tx, o, payment.RefundRequest{Purpose: orderv1.Refund_SPEED_FEE, Amount: fee})
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

// RequestRefund has money go back to the order's customer, and adds it to what the order has come to; requested tells whether it had not
// been owed before.
func (s *Service) RequestRefund(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order, owed payment.RefundRequest) (requested bool, err error) {
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
