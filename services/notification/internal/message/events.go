package message

import (
	"slices"

	"kept.dev/kit/inbox"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// planners are for the events that customers have to know of.
func planners() []planner {
	return []planner{
		plans("message.shortage-reported", onShortageReported),
		plans("message.shortage-answered", onShortageAnswered),
		plans("message.order-delayed", onOrderDelayed),
		plans("message.order-cancelled", onOrderCancelled),
		plans("message.order-returned", onOrderReturned),
		plans("message.refund-settled", onRefundSettled),
		plans("message.remedy-required", onRemedyRequired),
		plans("message.interim-reply-given", onInterimReplyGiven),
		plans("message.case-replied", onCaseReplied),
	}
}

// events are the handlers of all planners.
func (s *Service) events() []inbox.Handler {
	handlers := make([]inbox.Handler, len(s.planners))
	for i, p := range s.planners {
		handlers[i] = p.handler(s)
	}
	return handlers
}

// onShortageReported asks the customer what to do about what is missing, with choices that they can take from the message.
func onShortageReported(reported *orderv1.ShortageReported) *messagePlan {
	p := &messagePlan{
		customer: reported.GetCustomer(), about: reported.GetOrder(), template: "shortage-reported",
		subject: reported.GetShortage(), expires: reported.GetAnswerDueTime().AsTime(),
	}
	for _, choice := range reported.GetChoices() {
		p.choices = append(p.choices, choice.String())
	}
	return p
}

// onShortageAnswered tells the customer what happens about what was missing. It is decided: what could be chosen before can't
// be any more.
func onShortageAnswered(answered *orderv1.ShortageAnswered) *messagePlan {
	return &messagePlan{
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

// onOrderDelayed tells the customer the new date, before they ask.
func onOrderDelayed(delayed *orderv1.OrderDelayed) *messagePlan {
	return &messagePlan{customer: delayed.GetCustomer(), about: delayed.GetOrder(), template: "order-delayed"}
}

// onOrderCancelled tells the customer the reason. Nothing can be chosen about the order any more.
func onOrderCancelled(cancelled *orderv1.OrderCancelled) *messagePlan {
	return &messagePlan{
		customer: cancelled.GetCustomer(), about: cancelled.GetOrder(), template: "order-cancelled", decides: cancelled.GetOrder(),
	}
}

// onOrderReturned tells the customer that what they sent back has come.
func onOrderReturned(returned *orderv1.OrderReturned) *messagePlan {
	return &messagePlan{customer: returned.GetCustomer(), about: returned.GetOrder(), template: "order-returned"}
}

// onRefundSettled tells the customer that money is back.
func onRefundSettled(settled *orderv1.RefundSettled) *messagePlan {
	return &messagePlan{customer: settled.GetCustomer(), about: settled.GetOrder(), template: "refund-settled"}
}

// onRemedyRequired apologizes for a broken promise, where the shop does that, and says what the customer gets for it.
func onRemedyRequired(remedy *promisev1.RemedyRequired) *messagePlan {
	if !slices.ContainsFunc(remedy.GetRemedies(), func(r *typepb.Remedy) bool { return r.GetType() == typepb.Remedy_APOLOGY }) {
		return nil
	}
	return &messagePlan{customer: remedy.GetCustomer(), about: remedy.GetAbout(), template: "promise-broken"}
}

// onInterimReplyGiven tells the customer the facts, until a person replies.
func onInterimReplyGiven(given *supportv1.InterimReplyGiven) *messagePlan {
	return &messagePlan{customer: given.GetCustomer(), about: given.GetCase(), template: "case-interim"}
}

// onCaseReplied brings the customer what a person has replied. The words stay with the support service until they are
// needed: what people write is in no event.
func onCaseReplied(replied *supportv1.CaseReplied) *messagePlan {
	return &messagePlan{
		customer: replied.GetCustomer(), about: replied.GetCase(), template: "case-replied", entry: replied.GetEntry(),
	}
}
