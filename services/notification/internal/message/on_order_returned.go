package message

import (
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderReturned tells the customer that what they sent back has come.
func onOrderReturned(returned *orderv1.OrderReturned) *telling {
	return &telling{customer: returned.GetCustomer(), about: returned.GetOrder(), template: "order-returned"}
}
