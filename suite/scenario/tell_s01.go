package scenario

import (
	"fmt"
	"strings"
)

// tellMissing tells what was reported missing, and how the customer comes to know.
func (s *shop) tellMissing(order, shortage Answer, message map[string]any) {
	s.Tell("shop", "Olena orders %s on the site: %s, promised by %s.",
		s.goods(order), money(order.Body["totalAmount"]), moment(order.Time("promisedDeliveryTime")))
	choices, _ := shortage.Body["choices"].([]any)
	s.Tell("agent", "Anna reports %s × %s missing: “%s”. Olena has until %s to choose among %s; if she says nothing, it is %s.",
		shortage.Text("quantity"), s.thing(shortage.Text("product")), shortage.Text("reason"), moment(shortage.Time("answerDeadline")),
		strings.Trim(fmt.Sprint(choices), "[]"), shortage.Text("defaultChoice"))
	s.tellMessage(message, 2)
	s.Tell("customer", "Below it are buttons: %s", labels(message))
}

// tellTaken tells what a choice from the message came to.
func (s *shop) tellTaken(taken Answer) {
	s.Tell("customer", "She presses %s, without signing in, and reads: “%s”", taken.Text("choice"), taken.Text("confirmation"))
}

// tellWaiting tells of the new promise in place of the one that could not be kept.
func (s *shop) tellWaiting(before, now Answer) {
	s.Tell("customer", "The promise by %s is %s; in its place there is one by %s, which is %s.", moment(before.Time("dueTime")),
		spoken(before.Text("state")), moment(now.Time("dueTime")), spoken(now.Text("state")))
}

// tellAgain tells of one more order with something missing.
func (s *shop) tellAgain(order, shortage Answer) {
	s.Tell("agent", "Of another order of hers, %s for %s, Anna reports %s missing.", s.goods(order), money(order.Body["totalAmount"]),
		shortage.Text("quantity"))
}

// tellSubstituted tells what comes instead.
func (s *shop) tellSubstituted(order Answer) {
	lines := order.List("lines")
	s.Tell("customer", "Instead of %v × %s come %v × %s, and %s come back.", lines[0]["missingQuantity"], s.thing(lines[0]["product"]),
		lines[1]["quantity"], s.thing(lines[1]["product"]), money(order.Body["refundedAmount"]))
}

// tellCalledOff tells what comes back for an order that the customer called off.
func (s *shop) tellCalledOff(order Answer, refund map[string]any, promise Answer) {
	s.Tell("customer", "Her order is %s, “%s”. %s are back, %s; that was promised by %s, and the promise is %s.",
		spoken(order.Text("state")), order.Text("cancelReason"), money(refund["amount"]), spoken(refund["state"]),
		moment(promise.Time("dueTime")), spoken(promise.Text("state")))
}

// tellSilence tells what happens when the customer has not answered in time.
func (s *shop) tellSilence(shortage, order Answer, message map[string]any) {
	s.Tell("shop", "Olena has said nothing until %s. Her order is not cancelled for that: it is still %s.",
		moment(shortage.Time("answerDeadline")), spoken(order.Text("state")))
	s.tellMessage(message, 1)
}

// tellCase tells what a case is about and whose it is.
func (s *shop) tellCase(found map[string]any) {
	who := "somebody"
	if found["personRequired"] == true {
		who = "a person"
	}
	s.Tell("agent", "A case has come up by itself, with %s: “%v”; %s replies by %s.", owner(found), found["title"], who,
		momentOf(found, "replyDueTime"))
}

// owner is who a case is with.
func owner(found map[string]any) string {
	if agent := fmt.Sprint(found["agent"]); agent != "" {
		return agent
	}
	return fmt.Sprint(found["queue"])
}
