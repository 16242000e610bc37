package message

import (
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderCancelled tells the customer the reason. Nothing can be chosen about the order any more.
func onOrderCancelled(cancelled *orderv1.OrderCancelled) *telling {
	return &telling{
		customer: cancelled.GetCustomer(), about: cancelled.GetOrder(), template: "order-cancelled", decides: cancelled.GetOrder(),
	}
}
