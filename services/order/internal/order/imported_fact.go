package order

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Fact is what is said of an imported order that is new.
func (o Imported) Fact() *orderv1.OrdersImported_Order {
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: o.Currency} }
	fact := &orderv1.OrdersImported_Order{
		Order: o.Name(), Customer: o.Customer, PlaceTime: timestamppb.New(o.Placed), Channel: o.Channel, State: o.State,
		OrderNumber: o.Number, Version: 1, GoodsAmount: amount(o.Goods - min(o.Refunded, o.Goods)).Proto(),
	}
	for _, l := range o.Lines {
		if units := l.Quantity - l.Returned; units > 0 {
			fact.UnitCount += units
			fact.Lines = append(fact.Lines, &orderv1.OrderedLine{
				Product: l.Product, Quantity: units, Amount: amount(l.Amount - l.Amount/l.Quantity*l.Returned).Proto(),
			})
		}
	}
	return fact
}

// importedFact is what is said of an imported order that is there.
func importedFact(o *orderv1.Order) *orderv1.OrdersImported_Order {
	goods, _ := money.Parse(o.GetGoodsAmount())       // made by us, always an amount
	refunded, _ := money.Parse(o.GetRefundedAmount()) // as is this
	goods.Minor -= min(refunded.Minor, goods.Minor)
	return &orderv1.OrdersImported_Order{
		Order: o.GetName(), Customer: o.GetCustomer(), PlaceTime: o.GetCreateTime(), Channel: o.GetChannel(), State: o.GetState(),
		OrderNumber: o.GetOrderNumber(), Version: Version(o), GoodsAmount: goods.Proto(), UnitCount: UnitsThatCome(o), Lines: LinesThatCome(o),
	}
}
