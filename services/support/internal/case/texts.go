package cases

import (
	"cmp"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// timeText is a time in words.
func timeText(t *timestamppb.Timestamp) string {
	return t.AsTime().UTC().Format("2 January 2006, 15:04 MST")
}

// escalationNote tells those on duty who had the case before them.
func escalationNote(r *record) string {
	return fmt.Sprintf("Nobody has replied yet, and a reply is promised by %s. It was with %s; now whoever is on duty replies.",
		timeText(r.GetReplyDueTime()), r.previousAssignee)
}

// brokenPromiseCase is the case of a promise that broke, in words that the customer may read.
func brokenPromiseCase(remedy *promisev1.RemedyRequired) *supportv1.Case {
	c := &supportv1.Case{
		Customer: remedy.GetCustomer(), About: subjectOf(remedy.GetAbout()), Kind: supportv1.Case_BROKEN_PROMISE,
		Title: "We did not keep a promise",
	}
	by := timeText(remedy.GetDueTime())
	switch remedy.GetKind() {
	case "promiseKinds/delivery":
		c.Title = "The delivery did not come in time"
		c.Description = fmt.Sprintf("Delivery of %s was promised by %s, and it had not come by then.", remedy.GetAbout(), by)
	case "promiseKinds/refund":
		c.Title = "The money did not come back in time"
		c.Description = fmt.Sprintf("The money of %s was promised back by %s, and it was not back by then.", remedy.GetAbout(), by)
	case replyKind:
		c.Title = "The reply did not come in time"
		c.Description = fmt.Sprintf("A reply to %s was promised by %s, and there was none by then.", remedy.GetAbout(), by)
	default:
		c.Description = fmt.Sprintf("%s was promised by %s, and not done by then.", cmp.Or(remedy.GetKindDisplayName(), "Something"), by)
	}
	c.Description += " A person takes care of it."
	return c
}

// unansweredShortageCase is the case of a customer to be called, in words that the customer may read.
func unansweredShortageCase(answered *orderv1.ShortageAnswered) *supportv1.Case {
	what := fmt.Sprintf("%s was missing from %s, and there was no answer to the question what to do about it.",
		answered.GetProduct(), answered.GetOrder())
	switch answered.GetChoice() {
	case orderv1.Shortage_CANCEL:
		what += " It has been called off, and its price goes back."
	case orderv1.Shortage_SUBSTITUTE:
		what += " The substitute comes in its place."
	default:
		what += " The order keeps waiting for it."
	}
	if expected := answered.GetExpectedDeliveryTime(); expected != nil && answered.GetChoice() != orderv1.Shortage_CANCEL {
		what += " Delivery is expected by " + timeText(expected) + "."
	}
	return &supportv1.Case{
		Customer: answered.GetCustomer(), About: answered.GetOrder(), Kind: supportv1.Case_CALL,
		Title: "A call about something that was missing", Description: what + " A person calls to talk it over.",
	}
}
