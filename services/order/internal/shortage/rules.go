package shortage

import (
	"fmt"
	"slices"
	"time"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// choices are what the customer is offered: to wait where there is a date, a substitute where there is one, and always to call
// it off.
func choices(s row) []orderv1.Shortage_Choice {
	var all []orderv1.Shortage_Choice
	if s.wait != nil {
		all = append(all, orderv1.Shortage_WAIT)
	}
	if s.substitute != "" {
		all = append(all, orderv1.Shortage_SUBSTITUTE)
	}
	return append(all, orderv1.Shortage_CANCEL)
}

// choosable tells whether the customer can still choose it: nobody is promised a date that has passed.
func choosable(s row, choice orderv1.Shortage_Choice, now time.Time) bool {
	if choice == orderv1.Shortage_WAIT && s.wait != nil && *s.wait < now.UnixMicro() {
		return false
	}
	return slices.Contains(choices(s), choice)
}

// defaultFor is what happens without an answer: what the shop has set, or, where that is not offered, the order waits.
func defaultFor(s row, policy orderv1.Shortage_Choice) orderv1.Shortage_Choice {
	if slices.Contains(choices(s), policy) {
		return policy
	}
	return orderv1.Shortage_WAIT
}

// atHand is how many units of a product an order has, on the shelf or in hand: what comes, less what is owed to it.
func atHand(o *orderv1.Order, product string, owed int64) (units int64, ordered bool) {
	for _, line := range o.GetLines() {
		if line.GetProduct() == product {
			units, ordered = units+order.Coming(line), true
		}
	}
	return units - owed, ordered
}

// settlement is what becomes of units that will not come.
type settlement struct {
	gone []gone                // from which lines they go
	come []*orderv1.Order_Line // what comes instead
	back money.Amount          // what goes back to the customer
}

// gone are units of the order's line with this index.
type gone struct {
	index int
	units int64
}

// settlementOf takes the missing units from the order's lines, the first line first. A substitute costs what it costs, but never more
// than what it stands in for; where it costs less, the difference goes back, and where there is none, the whole price.
func settlementOf(o *orderv1.Order, s row, choice orderv1.Shortage_Choice) (settlement, error) {
	result := settlement{back: money.Amount{Currency: o.GetTotalAmount().GetCurrencyCode()}}
	left := s.quantity
	for i, line := range o.GetLines() {
		units := min(left, order.Coming(line))
		if line.GetProduct() != s.product || units == 0 {
			continue
		}
		left -= units
		unit, err := money.Parse(line.GetUnitPrice())
		if err != nil {
			return settlement{}, err
		}
		result.gone = append(result.gone, gone{i, units})
		kept := money.Amount{Currency: unit.Currency}
		if choice == orderv1.Shortage_SUBSTITUTE {
			kept.Minor = min(unit.Minor, s.substitutePrice)
			result.come = append(result.come, &orderv1.Order_Line{
				Product: s.substitute, Quantity: units, UnitPrice: kept.Proto(), ReplacedProduct: s.product,
			})
		}
		result.back.Minor += units * (unit.Minor - kept.Minor)
	}
	if left > 0 {
		return settlement{}, fmt.Errorf("%s has %d units too few of %s", o.GetName(), left, s.product)
	}
	return result, nil
}

// nothingComes tells whether all of an order is missing.
func nothingComes(o *orderv1.Order) bool {
	return !slices.ContainsFunc(o.GetLines(), func(line *orderv1.Order_Line) bool { return order.Coming(line) > 0 })
}
