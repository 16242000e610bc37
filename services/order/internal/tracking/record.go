package tracking

import (
	"fmt"
	"time"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const insertStep = `
	insert into tracking (order_id, version, time, state, promise_state, expected, note)
	values ($1, $2, $3, $4, $5, $6, $7)`

// Record writes a step of the order's way, in the transaction that took it, and tells those who follow the order. The order is
// as it stands after the step; each of its versions is one step, and its number is the step's id.
func (s *Service) Record(tx *sqldb.Tx, o *orderv1.Order, at time.Time, note string, args ...any) error {
	version, err := number(o.GetEtag())
	if err != nil {
		return err
	}
	var expected *int64 // of an order that was imported, nothing is
	if o.GetExpectedDeliveryTime() != nil {
		expected = new(o.GetExpectedDeliveryTime().AsTime().UnixMicro())
	}
	tx.Exec(insertStep, orderID(o.GetName()), version, at.UnixMicro(), int64(o.GetState()), int64(o.GetPromiseState()),
		expected, fmt.Sprintf(note, args...))
	tx.AfterCommit(func() { s.live.Say(o.GetName()) })
	return nil
}
