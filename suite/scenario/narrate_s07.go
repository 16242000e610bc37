package scenario

import (
	"fmt"
	"strings"
)

// remedy is what was done for a promise that broke.
type remedy struct {
	promise Answer
	refunds []map[string]any // of the order
	points  int              // of goodwill
	cared   map[string]any   // the case for a person
	apology map[string]any   // the message
}

// narratePromised tells what was ordered and what is promised.
func (s *shop) narratePromised(order, open Answer) {
	line := func(address string) any {
		return order.Body[address].(map[string]any)["addressLines"].([]any)[0]
	}
	s.Narrate("shop", "Olena orders %s on the site: %s, of which %s for speed. Deliver to %v, bill to %v, home is %v.",
		s.goods(order), money(order.Body["totalAmount"]), money(order.Body["speedFee"]),
		line("deliveryAddress"), line("billingAddress"), line("homeAddress"))
	s.Narrate("customer", "Delivery is promised by %s; the promise is %s.", moment(open.Time("dueTime")), spoken(open.Text("state")))
}

// narrateAtRisk tells what the customer hears before the promise breaks.
func (s *shop) narrateAtRisk(order Answer, message map[string]any) {
	s.Narrate("customer", "The promise by %s is %s, and there is a new date: %s.", moment(order.Time("promisedDeliveryTime")),
		spoken(order.Text("promiseState")), moment(order.Time("expectedDeliveryTime")))
	s.narrateMessage(message, 2)
}

// narrateBroken tells what comes by itself when the promise breaks.
func (s *shop) narrateBroken(done remedy) {
	fee := done.refunds[0]
	s.Narrate("customer", "The promise by %s is %s. What she paid for speed comes back by itself, %s (%s, as %v), and %d points with it.",
		moment(done.promise.Time("dueTime")), spoken(done.promise.Text("state")), money(fee["amount"]), spoken(fee["state"]),
		fee["settlementReference"], done.points)
	s.narrateMessage(done.apology, 2)
	s.narrateCase(done.cared)
}

// narrateCared tells what the agent did.
func (s *shop) narrateCared(reply map[string]any, closed Answer) {
	s.Narrate("agent", "Anna replies, and the case is %s: “%s”.", spoken(closed.Text("state")), closed.Text("resolution"))
	s.narrateMessage(reply, 1)
}

// narrateArrived tells that nothing was done twice meanwhile.
func (s *shop) narrateArrived(order Answer, done remedy) {
	s.Narrate("customer", "At last the order is %s. Nothing has come twice: %d refund, of %s, and %d points of goodwill.",
		spoken(order.Text("state")), len(done.refunds), money(order.Body["refundedAmount"]), done.points)
}

// narratePoints tells the customer's points, and that the books are right.
func (s *shop) narratePoints(earned int, balance string, proof Answer) {
	s.Narrate("customer", "For the goods come %d points, which makes %s.", earned, balance)
	s.Narrate("manager", "The points of all %s customers are proven: %s postings add up to %s.",
		proof.Text("accountCount"), proof.Text("postingCount"), proof.Text("postingSum"))
}

// narrateKept tells of the order that went well.
func (s *shop) narrateKept(order Answer) {
	s.Narrate("agent", "Another order, of %s, goes out at once. Two days later it is %s, its promise %s, and %s have come back.", s.goods(order),
		spoken(order.Text("state")), spoken(order.Text("promiseState")), money(order.Body["refundedAmount"]))
}

// narrateCancelled tells of the order that was cancelled, as it has to be.
func (s *shop) narrateCancelled(order Answer, refund map[string]any) {
	s.Narrate("agent", "A third, of %s, Anna has to cancel: without a reason she is refused, with one it is %s.",
		s.goods(order), spoken(order.Text("state")))
	s.Narrate("customer", "Olena is told why, “%s”, and all of it comes back: %s, %s.",
		order.Text("cancelReason"), money(refund["amount"]), spoken(refund["state"]))
}

// narrateScorecard tells what the manager sees of deliveries.
func (s *shop) narrateScorecard(card []map[string]any) {
	of := func(field string) int { return count(card, field, "kind", "promiseKinds/delivery") }
	s.Narrate("manager", "Scorecard, deliveries to all customers: %d promised, of which %d kept, %d broken, %d released, %d open.",
		of("madeCount"), of("keptCount"), of("brokenCount"), of("releasedCount"), of("openCount"))
}

// narratePromises tells what the book says of the customer's promises, by state.
func (s *shop) narratePromises(found map[string][]map[string]any) {
	var all []string
	for _, state := range []string{"BROKEN", "KEPT", "RELEASED", "OPEN"} {
		text := fmt.Sprintf("%d %s", len(found[state]), spoken(state))
		for _, promise := range found[state] {
			text += fmt.Sprintf(", due by %s", momentOf(promise, "dueTime"))
		}
		all = append(all, text)
	}
	s.Narrate("manager", "The promise book on deliveries to Olena: %s.", strings.Join(all, "; "))
}
