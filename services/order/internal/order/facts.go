package order

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

func placed(o *orderv1.Order) *orderv1.OrderPlaced {
	return &orderv1.OrderPlaced{
		Order: o.GetName(), Customer: o.GetCustomer(), TotalAmount: o.GetTotalAmount(), SpeedFee: o.GetSpeedFee(),
		PromisedDeliveryTime: o.GetPromisedDeliveryTime(),
	}
}

func promiseMade(o *orderv1.Order, t terms) *promisev1.PromiseMade {
	due := o.GetPromisedDeliveryTime()
	return &promisev1.PromiseMade{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), Kind: promisev1.PromiseKind_DELIVERY, Owner: "order",
		Subject: o.GetName(), DueTime: due, AtRiskTime: timestamppb.New(due.AsTime().Add(-t.risk)), Fee: o.GetSpeedFee(),
	}
}

// Kept is what the order service says when it kept its delivery promise.
func Kept(o *orderv1.Order) *promisev1.PromiseKept {
	return &promisev1.PromiseKept{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), Subject: o.GetName(), KeepTime: o.GetDeliverTime(),
	}
}

// Broken is what the order service says when it did not.
func Broken(o *orderv1.Order) *promisev1.PromiseBroken {
	return &promisev1.PromiseBroken{
		Promise: o.GetPromise(), Customer: o.GetCustomer(), Subject: o.GetName(), Kind: promisev1.PromiseKind_DELIVERY,
		DueTime: o.GetPromisedDeliveryTime(), Fee: o.GetSpeedFee(),
	}
}
