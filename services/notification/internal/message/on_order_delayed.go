package message

import (
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrderDelayed tells the customer the new date, before they ask.
func onOrderDelayed(delayed *orderv1.OrderDelayed) *telling {
	return &telling{customer: delayed.GetCustomer(), about: delayed.GetOrder(), template: "order-delayed"}
}
