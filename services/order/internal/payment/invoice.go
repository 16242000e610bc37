package payment

import (
	"context"

	"kept.dev/kit/clock"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
)

// invoice settles by a credit on the order's invoice.
type invoice struct {
	db    *sqldb.DB
	clock clock.Clock
}

const insertCredit = `
	insert into invoice_credit (reference, order_id, amount, currency, created)
	values ($1, $2, $3, $4, $5)
	on conflict (reference) do nothing`

// Credit writes the credit, once for each key.
func (i invoice) Credit(ctx context.Context, key, order string, amount money.Amount) (string, error) {
	reference := "credit/" + key
	err := i.db.Update(ctx, "invoice.credit", func(tx *sqldb.Tx) error {
		tx.Exec(insertCredit, reference, order, amount.Minor, amount.Currency, micros(i.clock.Now()))
		return nil
	})
	return reference, err
}
