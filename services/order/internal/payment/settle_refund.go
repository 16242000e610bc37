package payment

import (
	"context"
	"errors"
	"strings"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const selectOwed = `
	select amount, currency, customer from refund where order_id = $1 and purpose = $2 and state = 1`

const settled = `
	update refund set state = 2, settled = $3, reference = $4 where order_id = $1 and purpose = $2`

// settleRefund has a refund settled and writes down that it was. The settler knows the refund by its key, so a
// process that dies between the two, or one that was thought dead, does no harm.
func (s *Service) settleRefund(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	order, refund, _ := strings.Cut(t.Key, "_")
	purpose := purposeOf(refund)
	rows, err := s.db.Query(ctx, selectOwed, order, int64(purpose))
	if err != nil {
		return nil, err
	}
	var customer string
	amount, err := sqldb.One(rows, func(r *sqldb.Rows) (a money.Amount, err error) {
		return a, r.Scan(&a.Minor, &a.Currency, &customer)
	})
	if errors.Is(err, sqldb.ErrNoRow) { // settled already
		return func(context.Context, *sqldb.Tx) error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	reference, err := s.settler.Credit(ctx, t.Key, order, amount)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *sqldb.Tx) error {
		tx.Exec(settled, order, int64(purpose), micros(s.clock.Now()), reference)
		return s.outbox.Put(ctx, tx, "orders/"+order+"/refunds/"+refund, 2, &orderv1.RefundSettled{
			Refund: "orders/" + order + "/refunds/" + refund, Order: "orders/" + order, Customer: customer, Amount: amount.Proto(),
		})
	}, nil
}
