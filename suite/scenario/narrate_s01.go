package scenario

import (
	"fmt"
	"strings"
)

// narrateMissing tells what was reported missing, and how the customer comes to know.
func (s *shop) narrateMissing(order, shortage Answer, message map[string]any) {
	s.Narrate("shop", "Olena orders %s on the site: %s, promised by %s.",
		s.goods(order), money(order.Body["totalAmount"]), moment(order.Time("promisedDeliveryTime")))
	choices, _ := shortage.Body["choices"].([]any)
	s.Narrate("agent", "Anna reports %s × %s missing: “%s”. Olena has until %s to choose among %s; if she says nothing, it is %s.",
		shortage.Text("quantity"), s.thing(shortage.Text("product")), shortage.Text("reason"), moment(shortage.Time("answerDueTime")),
		strings.Trim(fmt.Sprint(choices), "[]"), shortage.Text("defaultChoice"))
	s.narrateMessage(message, 2)
	s.Narrate("customer", "Below it are buttons: %s", labels(message))
}

// narrateTaken tells what a choice from the message came to.
func (s *shop) narrateTaken(taken Answer) {
	s.Narrate("customer", "She presses %s, without signing in, and reads: “%s”", taken.Text("choice"), taken.Text("confirmation"))
}

// narrateWaiting tells of the new promise in place of the one that could not be kept.
func (s *shop) narrateWaiting(before, now Answer) {
	s.Narrate("customer", "The promise by %s is %s; in its place there is one by %s, which is %s.", moment(before.Time("dueTime")),
		spoken(before.Text("state")), moment(now.Time("dueTime")), spoken(now.Text("state")))
}

// narrateAgain tells of one more order with something missing.
func (s *shop) narrateAgain(order, shortage Answer) {
	s.Narrate("agent", "Of another order of hers, %s for %s, Anna reports %s missing.", s.goods(order), money(order.Body["totalAmount"]),
		shortage.Text("quantity"))
}

// narrateSubstituted tells what comes instead.
func (s *shop) narrateSubstituted(order Answer) {
	lines := order.List("lines")
	s.Narrate("customer", "Instead of %v × %s come %v × %s, and %s come back.", lines[0]["missingQuantity"], s.thing(lines[0]["product"]),
		lines[1]["quantity"], s.thing(lines[1]["product"]), money(order.Body["refundedAmount"]))
}

// narrateCalledOff tells what comes back for an order that the customer called off.
func (s *shop) narrateCalledOff(order Answer, refund map[string]any, promise Answer) {
	s.Narrate("customer", "Her order is %s, “%s”. %s are back, %s; that was promised by %s, and the promise is %s.",
		spoken(order.Text("state")), order.Text("cancelReason"), money(refund["amount"]), spoken(refund["state"]),
		moment(promise.Time("dueTime")), spoken(promise.Text("state")))
}

// narrateSilence tells what happens when the customer has not answered in time.
func (s *shop) narrateSilence(shortage, order Answer, message map[string]any) {
	s.Narrate("shop", "Olena has said nothing until %s. Her order is not cancelled for that: it is still %s.",
		moment(shortage.Time("answerDueTime")), spoken(order.Text("state")))
	s.narrateMessage(message, 1)
}

// narrateCase tells what a case is about and whose it is.
func (s *shop) narrateCase(found map[string]any) {
	who := "somebody"
	if found["agentRequired"] == true {
		who = "a person"
	}
	s.Narrate("agent", "A case has come up by itself, with %s: “%v”; %s replies by %s.", owner(found), found["title"], who,
		momentOf(found, "replyDueTime"))
}

// owner is who a case is with.
func owner(found map[string]any) string {
	if agent := fmt.Sprint(found["agent"]); agent != "" {
		return agent
	}
	return fmt.Sprint(found["queue"])
}
