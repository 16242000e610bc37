package insight

import (
	"context"
	"fmt"

	"google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/inbox"
	kitmoney "kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersPlaced notes what was ordered, unless it is known already what came of it.
func (s *Service) onOrdersPlaced(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrderPlaced]) error {
	var purchases []purchase
	for _, e := range events {
		placed := e.Fact
		if placed.GetTotalAmount() == nil {
			continue // it says nothing that counts
		}
		goods, err := goodsOf(placed.GetTotalAmount(), placed.GetSpeedFee())
		if err != nil {
			return fmt.Errorf("goods of %s: %w", placed.GetOrder(), err)
		}
		purchases = append(purchases, purchase{
			order: placed.GetOrder(), customer: placed.GetCustomer(), paid: goods, at: e.Time, units: placed.GetUnitCount(),
		})
	}
	note(tx, ordered, purchases...)
	return nil
}

// goodsOf is what is paid for the goods: all but the fee for speed. An order is in one currency.
func goodsOf(total, fee *money.Money) (kitmoney.Amount, error) {
	goods, err := kitmoney.Parse(total)
	if err != nil || fee == nil {
		return goods, err
	}
	speed, err := kitmoney.Parse(fee)
	goods.Minor -= speed.Minor
	return goods, err
}
