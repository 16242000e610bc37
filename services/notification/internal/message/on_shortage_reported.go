package message

import (
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onShortageReported asks the customer what to do about what is missing, with choices that they can take from the message.
func onShortageReported(reported *orderv1.ShortageReported) *telling {
	t := &telling{
		customer: reported.GetCustomer(), about: reported.GetOrder(), template: "shortage-reported",
		matter: reported.GetShortage(), expires: reported.GetAnswerDueTime().AsTime(),
	}
	for _, choice := range reported.GetChoices() {
		t.choices = append(t.choices, choice.String())
	}
	return t
}
