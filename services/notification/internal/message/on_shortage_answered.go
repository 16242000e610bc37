package message

import (
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onShortageAnswered tells the customer what happens about what was missing. It is decided: what could be chosen before can't
// be any more.
func onShortageAnswered(answered *orderv1.ShortageAnswered) *telling {
	return &telling{
		customer: answered.GetCustomer(), about: answered.GetOrder(), template: answerTemplate(answered),
		decides: answered.GetShortage(),
	}
}

func answerTemplate(answered *orderv1.ShortageAnswered) string {
	if answered.GetDefaulted() {
		return "shortage-answered-by-default"
	}
	switch answered.GetChoice() {
	case orderv1.Shortage_WAIT:
		return "shortage-answered-wait"
	case orderv1.Shortage_SUBSTITUTE:
		return "shortage-answered-substitute"
	case orderv1.Shortage_CANCEL:
		return "shortage-answered-cancel"
	}
	return "shortage-answered-by-default"
}
