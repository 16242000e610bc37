package message

import (
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// onInterimReplyGiven tells the customer the facts, until a person replies.
func onInterimReplyGiven(given *supportv1.InterimReplyGiven) *telling {
	return &telling{customer: given.GetCustomer(), about: given.GetCase(), template: "case-interim"}
}
