package order

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/id"
	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// place makes the order that is wanted, on the given terms, at the given moment. creator is the customer, or whoever does it for
// them; number is the order's.
func place(wanted *orderv1.Order, t terms, creator access.Principal, number string, now time.Time) (*orderv1.Order, error) {
	lines, goods, err := price(wanted.GetLines(), t.prices)
	if err != nil {
		return nil, err
	}
	fee := t.fee
	if fee.Minor == 0 {
		fee.Currency = goods.Currency
	}
	if fee.Currency != goods.Currency {
		return nil, errs.Invalid("order.delivery_option", "costs %s, but the goods cost %s; an order has one currency",
			fee.Currency, goods.Currency)
	}
	total, err := goods.Plus(fee)
	if err != nil {
		return nil, errs.Invalid("order.lines", "%v", err)
	}
	promised := timestamppb.New(now.Add(t.promised))
	o := proto.CloneOf(wanted)
	o.Name, o.Etag, o.Lines = collection+id.New(), "1", lines
	o.Promise = "promises/" + id.New()
	o.State, o.PromiseState = orderv1.Order_PLACED, orderv1.Order_OPEN
	o.GoodsAmount, o.SpeedFee, o.TotalAmount = goods.Proto(), fee.Proto(), total.Proto()
	o.RefundedAmount = money.Amount{Currency: goods.Currency}.Proto()
	o.CreateTime = timestamppb.New(now)
	o.PromisedDeliveryTime, o.ExpectedDeliveryTime = promised, promised
	o.PickTime, o.ShipTime, o.DeliverTime, o.CancelTime, o.CancelReason = nil, nil, nil, nil, ""
	o.Creator, o.ReturnTime, o.ReturnReason, o.SourceImport = creator.Actor(), nil, "", ""
	o.OrderNumber, o.DeliveryFee, o.TaxAmount, o.DiscountAmount, o.Note = number, nil, nil, nil, ""
	if o.PaymentMethod == orderv1.Order_PAYMENT_METHOD_UNSPECIFIED {
		o.PaymentMethod = orderv1.Order_INVOICE
	}
	return o, nil
}

// price puts prices to the lines and adds them up.
func price(wanted []*orderv1.Order_Line, prices map[string]money.Amount) ([]*orderv1.Order_Line, money.Amount, error) {
	var sum money.Amount
	seen := map[string]bool{}
	lines := make([]*orderv1.Order_Line, len(wanted))
	for i, line := range wanted {
		field := fmt.Sprintf("order.lines[%d].product", i)
		unit, known := prices[line.GetProduct()]
		switch {
		case !known:
			return nil, sum, errs.Invalid(field, "%q does not exist", line.GetProduct())
		case seen[line.GetProduct()]:
			return nil, sum, errs.Invalid(field, "%q comes twice; put the quantities together in one line", line.GetProduct())
		case sum.Currency != "" && sum.Currency != unit.Currency:
			return nil, sum, errs.Invalid(field, "costs %s, but other lines cost %s; an order has one currency",
				unit.Currency, sum.Currency)
		}
		seen[line.GetProduct()] = true
		amount, err := unit.Times(line.GetQuantity())
		if err == nil {
			sum.Currency = unit.Currency
			sum, err = sum.Plus(amount)
		}
		if err != nil {
			return nil, sum, errs.Invalid(fmt.Sprintf("order.lines[%d].quantity", i), "%v", err)
		}
		lines[i] = &orderv1.Order_Line{
			Product: line.GetProduct(), Quantity: line.GetQuantity(), UnitPrice: unit.Proto(), Amount: amount.Proto(),
		}
	}
	return lines, sum, nil
}

// GoodsThatCome is what the customer pays for the units that come, or have come: all but those that are missing.
func GoodsThatCome(o *orderv1.Order) (money.Amount, error) {
	sum := money.Amount{Currency: o.GetGoodsAmount().GetCurrencyCode()}
	for _, line := range o.GetLines() {
		unit, err := money.Parse(line.GetUnitPrice())
		if err != nil {
			return sum, err
		}
		sum.Minor += unit.Minor * Coming(line)
	}
	return sum, nil
}

// GoodsToPayBack is what goes back when the customer sends the goods back. Of an order that was imported, a part may have gone back before.
func GoodsToPayBack(o *orderv1.Order) (money.Amount, error) {
	back, err := GoodsThatCome(o)
	if err != nil || o.GetSourceImport() == "" {
		return back, err
	}
	goods, err := money.Parse(o.GetGoodsAmount())
	if err != nil {
		return back, err
	}
	refunded, err := money.Parse(o.GetRefundedAmount())
	back.Minor = min(back.Minor, max(0, goods.Minor-refunded.Minor))
	return back, err
}

// UnitsThatCome is how many units those are.
func UnitsThatCome(o *orderv1.Order) (units int64) {
	for _, line := range o.GetLines() {
		units += Coming(line)
	}
	return units
}

// Coming is how many units of a line come, or have come and are still with the customer.
func Coming(line *orderv1.Order_Line) int64 {
	return line.GetQuantity() - line.GetMissingQuantity() - line.GetReturnedQuantity()
}

// expectedWhenAtRisk is the new date that a customer is told when the promise is at risk: as much later than was promised
// as there was time left when the warning came.
func expectedWhenAtRisk(promised, now time.Time) time.Time {
	return promised.Add(max(promised.Sub(now), time.Hour))
}
