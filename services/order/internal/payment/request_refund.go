package payment

import (
	"context"
	"strings"
	"time"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const insertRefund = `
	insert into refund (order_id, purpose, state, amount, currency, customer, created, reference)
	values ($1, $2, 1, $3, $4, $5, $6, '')
	on conflict (order_id, purpose) do nothing returning amount`

const addRefunded = `update orders set refunded = refunded + $2 where id = $1`

// RequestRefund owes the customer an amount, in the transaction of whatever is the reason, and has it settled soon after.
// An order has one refund for each purpose at most: asked for again, nothing happens.
func (s *Service) RequestRefund(
	ctx context.Context, tx *sqldb.Tx, order, customer string, purpose orderv1.Refund_Purpose, amount money.Amount,
) error {
	now := s.clock.Now()
	id := strings.TrimPrefix(order, "orders/")
	rows, err := tx.Query(insertRefund, id, int64(purpose), amount.Minor, amount.Currency, customer, now.UnixMicro())
	if err != nil || rows.Len() == 0 {
		return err
	}
	tx.Exec(addRefunded, id, amount.Minor)
	settle.Set(ctx, tx, refundKey(id, purpose), now, nil)
	return nil
}

func refundKey(order string, purpose orderv1.Refund_Purpose) string {
	return order + "_" + refundID(purpose)
}

// refundID is the last part of a refund's name: its purpose, since there is one for each.
func refundID(purpose orderv1.Refund_Purpose) string {
	return strings.ReplaceAll(strings.ToLower(purpose.String()), "_", "-")
}

func purposeOf(id string) orderv1.Refund_Purpose {
	return orderv1.Refund_Purpose(orderv1.Refund_Purpose_value[strings.ReplaceAll(strings.ToUpper(id), "-", "_")])
}

func micros(t time.Time) int64 { return t.UnixMicro() }
