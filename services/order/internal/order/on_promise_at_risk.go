package order

import (
	"context"
	"errors"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

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
