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
)

const breakPromise = `
	update orders set version = version + 1, promise_state = 4
	where id = $1 and promise_state in (1, 2)
	returning ` + Columns

// onPromiseDue answers whether the delivery promise was kept. A delivery in time has answered already, when it was
// recorded; an order that is still open now has broken its promise, and the speed fee goes back with that answer.
func (s *Service) onPromiseDue(ctx context.Context, tx *sqldb.Tx, _ event.Event, due *promisev1.PromiseDue) error {
	if due.GetOwner() != "order" {
		return nil
	}
	order, err := Change(tx, due.GetSubject(), sqldb.Q(breakPromise, idOf(due.GetSubject())))
	if errors.Is(err, errNoSuchOrder) { // answered already
		return nil
	}
	if err != nil {
		return err
	}
	return s.Break(ctx, tx, order)
}

// Break says that the delivery promise was broken, and owes the customer the speed fee, once.
func (s *Service) Break(ctx context.Context, tx *sqldb.Tx, o *orderv1.Order) error {
	if err := s.outbox.Put(ctx, tx, o.GetName(), Version(o), Broken(o)); err != nil {
		return err
	}
	fee, err := money.Parse(o.GetSpeedFee())
	if err != nil || fee.Minor == 0 {
		return err
	}
	failpoint.Hit("refund.request", "speed-fee")
	return s.payments.RequestRefund(ctx, tx, o.GetName(), o.GetCustomer(), orderv1.Refund_SPEED_FEE, fee)
}
