package message

import (
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onRefundSettled tells the customer that money is back.
func onRefundSettled(settled *orderv1.RefundSettled) *telling {
	return &telling{customer: settled.GetCustomer(), about: settled.GetOrder(), template: "refund-settled"}
}
