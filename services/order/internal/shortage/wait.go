package shortage

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/id"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// wait has the order wait. A customer who chose to wait has agreed to another date: the old promise is released and a new one
// made. Who has not answered has agreed to nothing: the old promise stands, there is only a new date to expect.
func (s *Service) wait(ctx context.Context, tx *sqldb.Tx, m *matter) error {
	if m.row.wait == nil {
		return nil
	}
	due := time.UnixMicro(max(*m.row.wait, m.other))
	if m.state == orderv1.Shortage_DEFAULTED {
		if due.After(m.want.at) {
			m.order.ExpectedDeliveryTime = timestamppb.New(due)
		}
		return nil
	}
	if err := s.endPromise(ctx, tx, m); err != nil {
		return err
	}
	fee := m.order.GetSpeedFee()
	if m.feeBack {
		fee = money.Amount{Currency: fee.GetCurrencyCode()}.Proto()
	}
	m.order.Promise, m.order.PromiseState = "promises/"+id.New(), orderv1.Order_OPEN
	m.order.PromisedDeliveryTime, m.order.ExpectedDeliveryTime = timestamppb.New(due), timestamppb.New(due)
	m.facts = append(m.facts, order.Promised(m.order, fee))
	return nil
}

// endPromise releases the old promise, unless it is broken: also one whose time has passed, though nobody has asked yet.
func (s *Service) endPromise(ctx context.Context, tx *sqldb.Tx, m *matter) error {
	switch {
	case m.order.GetPromiseState() == orderv1.Order_BROKEN:
		return nil
	case m.order.GetPromisedDeliveryTime().AsTime().Before(m.want.at):
		m.feeBack = true
		return s.orders.MarkBroken(ctx, tx, m.order)
	}
	m.facts = append(m.facts, order.Released(m.order, "the customer chose to wait"))
	return nil
}
