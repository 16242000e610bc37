package order

import (
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// deliveryKind is the kind of promise that an order makes.
const deliveryKind = "promiseKinds/delivery"

func placed(o *orderv1.Order) *orderv1.OrderPlaced {
	return &orderv1.OrderPlaced{
		Order: o.GetName(), Customer: o.GetCustomer(), TotalAmount: o.GetTotalAmount(), SpeedFee: o.GetSpeedFee(),
		PromisedDeliveryTime: o.GetPromisedDeliveryTime(), Channel: o.GetChannel(),
		UnitCount: UnitsThatCome(o), Lines: LinesThatCome(o), OrderNumber: o.GetOrderNumber(),
	}
}

// LinesThatCome are the lines of an order as facts carry them: all but the units that are missing.
func LinesThatCome(o *orderv1.Order) []*orderv1.OrderedLine {
	var lines []*orderv1.OrderedLine
	for _, l := range o.GetLines() {
		if units := Coming(l); units > 0 {
			unit, _ := money.Parse(l.GetUnitPrice()) // made by us, always an amount
			amount := money.Amount{Minor: unit.Minor * units, Currency: unit.Currency}
			lines = append(lines, &orderv1.OrderedLine{Product: l.GetProduct(), Quantity: units, Amount: amount.Proto()})
		}
	}
	return lines
}

func promiseMade(o *orderv1.Order, t terms) *promisev1.PromiseMade {
	made := Promised(o, o.GetSpeedFee())
	made.WarningTime = timestamppb.New(o.GetPromisedDeliveryTime().AsTime().Add(-t.risk))
	return made
}

// Promised is what the order service says when it promises a delivery; fee is what the customer has paid for that.
func Promised(o *orderv1.Order, fee *moneypb.Money) *promisev1.PromiseMade {
	return &promisev1.PromiseMade{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), Kind: deliveryKind, Service: "order",
		About: o.GetName(), DueTime: o.GetPromisedDeliveryTime(), Fee: fee,
	}
}

// Kept is what the order service says when it kept its delivery promise.
func Kept(o *orderv1.Order) *promisev1.PromiseKept {
	return &promisev1.PromiseKept{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), About: o.GetName(), KeepTime: o.GetDeliverTime(),
		Kind: deliveryKind,
	}
}

// broken is what the order service says when it did not, and why. fee is what the customer gets back for that.
func broken(o *orderv1.Order, fee *moneypb.Money, cause promisev1.PromiseBreachCause) *promisev1.PromiseBroken {
	return &promisev1.PromiseBroken{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), About: o.GetName(), Kind: deliveryKind,
		DueTime: o.GetPromisedDeliveryTime(), Fee: fee, Cause: cause,
	}
}

// breachCause is why a delivery promise was broken: by what was missing, before the goods left, or on their way.
func breachCause(o *orderv1.Order, missing bool) promisev1.PromiseBreachCause {
	switch {
	case missing:
		return promisev1.PromiseBreachCause_OUT_OF_STOCK
	case o.GetShipTime() == nil || !o.GetShipTime().AsTime().Before(o.GetPromisedDeliveryTime().AsTime()):
		return promisev1.PromiseBreachCause_NOT_SHIPPED
	default:
		return promisev1.PromiseBreachCause_NOT_DELIVERED
	}
}

// Released is what it says when the promise does not stand any more.
func Released(o *orderv1.Order, reason string) *promisev1.PromiseReleased {
	return &promisev1.PromiseReleased{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), About: o.GetName(), Reason: reason,
		Kind: deliveryKind,
	}
}
