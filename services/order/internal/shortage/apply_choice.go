package shortage

import (
	"context"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/payment"
)

// applyChoice takes the missing units out of the order, puts in what comes instead, and owes the customer the rest. An order of
// which nothing is left is called off afterwards, and all of its money goes back with that.
func (s *Service) applyChoice(ctx context.Context, tx *sqldb.Tx, m *matter) error {
	result, err := settlementOf(m.order, m.row, m.choice)
	if err != nil {
		return err
	}
	for _, g := range result.gone {
		order.MissLine(tx, m.order, g.index, g.units)
	}
	for _, line := range result.come {
		if err := order.AddLine(tx, m.order, line); err != nil {
			return err
		}
	}
	if nothingComes(m.order) {
		m.refunded, err = rest(m.order)
		return err
	}
	m.refunded = result.back
	_, err = s.orders.RequestRefund(ctx, tx, m.order, payment.RefundRequest{
		Purpose: orderv1.Refund_SHORTAGE, Shortage: m.id, Amount: result.back,
	})
	return err
}

// rest is what has not gone back yet.
func rest(o *orderv1.Order) (money.Amount, error) {
	total, err := money.Parse(o.GetTotalAmount())
	if err != nil {
		return total, err
	}
	refunded, err := money.Parse(o.GetRefundedAmount())
	return money.Amount{Minor: total.Minor - refunded.Minor, Currency: total.Currency}, err
}
