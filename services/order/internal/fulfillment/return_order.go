package fulfillment

import (
	"context"
	"strings"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/payment"
	"kept.dev/services/order/internal/stock"
)

const sendBack = `
	update orders set
		version = version + 1, state = case when state = 4 then 6 else 0 end, returned = $2, return_reason = $3
	where id = $1
	returning ` + order.Columns

// ReturnOrder records that the customer has sent the goods back: they are on the shelf again, and what was paid for them goes
// back. What was paid for speed does not: the goods have come.
//
// Errors: NOT_FOUND for an unknown order; FAILED_PRECONDITION (ORDER_NOT_DELIVERED) in any other state.
func (s *Service) ReturnOrder(ctx context.Context, req *orderv1.ReturnOrderRequest) (*orderv1.Order, error) {
	now, reason := s.clock.Now(), strings.TrimSpace(req.GetReason())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Order, error) {
		o, err := order.Change(tx, req.GetName(), sqldb.Q(sendBack, orderID(req.GetName()), now.UnixMicro(), reason).
			Refuse("orders_state_known", errs.Refused("ORDER_NOT_DELIVERED", "%s is not with the customer", req.GetName())))
		if err != nil {
			return nil, err
		}
		goods, err := order.GoodsToPayBack(o)
		if err != nil {
			return nil, err
		}
		if _, err := s.orders.RequestRefund(ctx, tx, o, payment.RefundRequest{Purpose: orderv1.Refund_RETURN, Amount: goods}); err != nil {
			return nil, err
		}
		for _, line := range o.GetLines() {
			stock.PutBack(tx, line.GetProduct(), order.Coming(line))
		}
		if err := s.steps.Record(tx, o, now, "sent back: %s", reason); err != nil {
			return nil, err
		}
		return o, s.outbox.Append(ctx, tx, o.GetName(), order.Version(o), &orderv1.OrderReturned{
			Order: o.GetName(), Customer: o.GetCustomer(), Reason: o.GetReturnReason(), GoodsAmount: goods.Proto(),
			Lines: order.LinesThatCome(o),
		})
	})
}
