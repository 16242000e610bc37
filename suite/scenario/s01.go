package scenario

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// S01 cancelled in silence: nothing happens to an order without a reason and a message. Something is missing: the
// customer is told at once, by mail and in the inbox, and chooses from the message itself.
func S01(r *Runner) {
	s := newShop(r)
	s.shortagePolicy("43200s", "WAIT")
	s.waits()
	s.takesSubstitute()
	s.callsOff()
	s.saysNothing()
	s.neverInSilence()
}

// shortagePolicy has the company let customers answer for so long, until the story ends.
func (s *shop) shortagePolicy(answerDuration, defaultChoice string) {
	set := func(duration, choice string) {
		s.Patch(s.manager, "/v1/shortagePolicy?updateMask=answerDuration,defaultChoice", map[string]any{
			"answerDuration": duration, "defaultChoice": choice,
		}).OK()
	}
	was := s.Get(s.manager, "/v1/shortagePolicy").OK()
	s.Restore(func() { set(was.Text("answerDuration"), was.Text("defaultChoice")) })
	set(answerDuration, defaultChoice)
}

const (
	reported = "kept.order.v1.ShortageReported"
	answered = "kept.order.v1.ShortageAnswered"
)

// missing places an order for two pots and reports both missing; the message is what the customer gets at once.
func (s *shop) missing() (order Answer, shortage Answer, message map[string]any) {
	order = s.order("2")
	name := order.Text("name")
	shortage = s.Post(s.agent, "/v1/"+name+"/shortages", map[string]any{
		"product": s.product, "quantity": 2, "reason": "Broken in the warehouse", "substitute": s.substitute,
		"expectedDeliveryTime": order.Time("createTime").Add(72 * time.Hour).Format(time.RFC3339),
	}).OK()
	s.Equal("OPEN", shortage.Text("state"), "state of the shortage")
	s.Equal(12*time.Hour, shortage.Time("answerDueTime").Sub(shortage.Time("createTime")), "how long the customer may answer")
	message = s.message(reported, name)
	s.Check(contains(fmt.Sprint(message["body"]), "Broken in the warehouse"), "the message says why: %v", message["body"])
	s.Check(contains(fmt.Sprint(message["body"]), "Tea pot"), "the message names the substitute: %v", message["body"])
	return order, shortage, message
}

// choice is the action by which the customer makes a choice from a message.
func (s *shop) choice(message map[string]any, choice string) string {
	options, _ := message["options"].([]any)
	for _, o := range options {
		option, _ := o.(map[string]any)
		if option["choice"] == choice {
			return fmt.Sprint(option["action"])
		}
	}
	s.Fail("the message offers no %s: %v", choice, message)
	return ""
}

// take takes a choice as the mail's reader does: without a token, by the link.
func (s *shop) take(message map[string]any, choice string) Answer {
	action := s.choice(message, choice)
	token := strings.TrimPrefix(action, "actions/")
	if !s.env.Kills {
		linked := func(m Mail) bool { return contains(m.Text, "/a/"+token) } // mails that are sent together come in any order
		s.Check(slices.ContainsFunc(s.env.Mails(s.email), linked), "the mail has the link")
	}
	for range 3 {
		shown := s.Get(Caller{}, "/v1/"+action).OK()
		s.Equal("AVAILABLE "+choice, shown.Text("state")+" "+shown.Text("choice"), "looking does nothing")
	}
	s.Get(s.stranger, "/v1/"+action).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Post(s.stranger, "/v1/"+action+":take", map[string]any{}).Refused(http.StatusNotFound, "NOT_FOUND")
	forged := action[:len(action)-4] + "AAAA"
	s.Post(Caller{}, "/v1/"+forged+":take", map[string]any{}).Refused(http.StatusNotFound, "NOT_FOUND")

	taken := s.Post(Caller{}, "/v1/"+action+":take", map[string]any{}).OK()
	s.Equal("TAKEN", taken.Text("state"), "the action")
	s.Check(taken.Text("confirmation") != "", "it is confirmed")
	again := s.Post(Caller{}, "/v1/"+action+":take", map[string]any{}).OK()
	s.Equal(taken.Body["confirmation"], again.Body["confirmation"], "taken again it answers alike")
	for _, other := range []string{"WAIT", "SUBSTITUTE", "CANCEL"} {
		if other != choice {
			s.Post(Caller{}, "/v1/"+s.choice(message, other)+":take", map[string]any{}).Refused(http.StatusConflict, "ACTION_SUPERSEDED")
		}
	}
	return taken
}

func (s *shop) waits() {
	order, shortage, message := s.missing()
	name := order.Text("name")
	s.narrateMissing(order, shortage, message)
	s.narrateTaken(s.take(message, "WAIT"))
	s.decided(shortage, "ANSWERED", "WAIT")
	now := s.Get(s.customer, "/v1/"+name).OK()
	s.Equal(shortage.Time("expectedDeliveryTime"), now.Time("promisedDeliveryTime"), "what is promised now")
	s.Check(now.Text("promise") != order.Text("promise"), "it is a new promise")
	old := s.promiseIs(order.Text("promise"), "RELEASED")
	s.narrateWaiting(old, s.promiseIs(now.Text("promise"), "OPEN"))
	s.message(answered, name)
	s.Post(s.agent, "/v1/"+name+":pick", map[string]any{}).Refused(http.StatusConflict, "ORDER_INCOMPLETE")
	s.Equal("8", s.available(), "two were never there")
	s.Post(s.agent, "/v1/"+s.product+"/stock:adjust", map[string]any{"quantityDelta": 2, "reason": "they have come"}).OK()
	s.Equal("8", s.available(), "the two that came are the customer's")
	picked := s.Post(s.agent, "/v1/"+name+":pick", map[string]any{}).OK()
	s.Narrate("agent", "Two pots come in. They are Olena's, whose order is %s now.", spoken(picked.Text("state")))
}

// decided checks what became of a shortage.
func (s *shop) decided(shortage Answer, state, choice string) {
	now := s.Get(s.customer, "/v1/"+shortage.Text("name")).OK()
	s.Equal(state+" "+choice, now.Text("state")+" "+now.Text("choice"), "the shortage")
	if state == "ANSWERED" {
		s.Equal(s.customer.Name, now.Text("answeredBy", "principal"), "who answered")
	}
	s.Get(s.stranger, "/v1/"+shortage.Text("name")).Refused(http.StatusNotFound, "NOT_FOUND")
}

func (s *shop) takesSubstitute() {
	before := s.availableOf(s.substitute)
	order, shortage, message := s.missing()
	meanwhile := s.availableOf(s.substitute)
	s.Equal("5 3", before+" "+meanwhile, "substitutes before and while the customer may take them")
	s.narrateAgain(order, shortage)
	s.Narrate("shop", "Of %s × %s, which could come instead, %s are free for others while Olena may choose.", before, s.thing(s.substitute), meanwhile)
	s.narrateTaken(s.take(message, "SUBSTITUTE"))
	s.decided(shortage, "ANSWERED", "SUBSTITUTE")
	now := s.Get(s.customer, "/v1/"+order.Text("name")).OK()
	lines := now.List("lines")
	s.Equal(2, len(lines), "lines of the order")
	s.Equal(fmt.Sprint("2 ", s.substitute, " 2 ", s.product), fmt.Sprint(lines[0]["missingQuantity"], " ", lines[1]["product"], " ",
		lines[1]["quantity"], " ", lines[1]["replacedProduct"]), "missing, and what comes instead")
	s.Equal("10", now.Text("refundedAmount", "units"), "two are cheaper by 5.00 each")
	s.Equal("3", s.availableOf(s.substitute), "the substitutes are the customer's")
	s.narrateSubstituted(now)
	s.message(answered, order.Text("name"))
	s.Post(s.agent, "/v1/"+order.Text("name")+":pick", map[string]any{}).OK()
}

func (s *shop) callsOff() {
	order, shortage, message := s.missing()
	s.narrateAgain(order, shortage)
	s.narrateTaken(s.take(message, "CANCEL"))
	s.decided(shortage, "ANSWERED", "CANCEL")
	s.Equal("3", s.availableOf(s.substitute), "the substitutes are free again")
	name := order.Text("name")
	now := s.Get(s.customer, "/v1/"+name).OK()
	s.Equal("CANCELLED", now.Text("state"), "nothing is left of the order")
	s.Check(now.Text("cancelReason") != "", "it has a reason")
	s.Equal(order.Body["totalAmount"], now.Body["refundedAmount"], "all comes back")
	s.promiseIs(order.Text("promise"), "RELEASED")
	s.Advance(s.admin, 0)
	for _, refund := range s.Get(s.customer, "/v1/"+name+"/refunds").OK().List("refunds") {
		s.Equal("SETTLED", refund["state"], "the refund")
		s.narrateCalledOff(now, refund, s.promiseIs(fmt.Sprint(refund["promise"]), "KEPT"))
	}
	s.message("kept.order.v1.OrderCancelled", name)
}

// saysNothing lets the deadline pass: the order keeps waiting, and a person calls.
func (s *shop) saysNothing() {
	order, shortage, message := s.missing()
	name := order.Text("name")
	s.narrateAgain(order, shortage)
	s.Advance(s.admin, 12*time.Hour)
	s.decided(shortage, "DEFAULTED", "WAIT")
	order = s.Get(s.customer, "/v1/"+name)
	s.Equal("PLACED", order.Text("state"), "the order keeps waiting")
	s.narrateSilence(shortage, order, s.message(answered, name))
	late := s.Post(Caller{}, "/v1/"+s.choice(message, "CANCEL")+":take", map[string]any{})
	s.Check(late.Status == http.StatusConflict && strings.HasPrefix(late.reason(), "ACTION_"), "too late to choose: %d %s", late.Status, late.reason())
	cases := s.Soon("somebody calls",
		func() Answer { return s.Get(s.agent, "/v1/cases", "filter", `about = "`+name+`" AND kind = CALL`) },
		func(a Answer) bool { return len(a.List("cases")) > 0 }).List("cases")
	s.Equal(1, len(cases), "cases to call")
	s.Check(cases[0]["queue"] != "" || cases[0]["agent"] != "", "the case is somebody's")
	s.narrateCase(cases[0])
}

// neverInSilence cancels as a shop does, and looks at what the manager sees.
func (s *shop) neverInSilence() {
	order := s.order("1")
	name := order.Text("name")
	refused := s.Post(s.agent, "/v1/"+name+":cancel", map[string]any{})
	refused.Refused(http.StatusBadRequest, "INVALID_REQUEST")
	s.Post(s.agent, "/v1/"+name+":cancel", map[string]any{"reason": "The supplier has gone"}).OK()
	s.Narrate("agent", "Anna cancels an order without a reason, and is refused (%s). With a reason she may.", refused.reason())
	told := s.message("kept.order.v1.OrderCancelled", name)
	s.Check(contains(fmt.Sprint(told["body"]), "The supplier has gone"), "the message says why: %v", told["body"])
	s.narrateMessage(told, 2)
	card := s.Soon("the cancellations are on the scorecard",
		func() Answer { return s.Get(s.manager, "/v1/scorecard") },
		func(a Answer) bool { return count(a.List("cancellationCounts"), "cancelledCount") >= 2 })
	s.Equal(0, count(card.List("cancellationCounts"), "silentCount"), "silent cancellations")
	s.Narrate("manager", "Scorecard: %d orders cancelled, %d of them in silence.",
		count(card.List("cancellationCounts"), "cancelledCount"), count(card.List("cancellationCounts"), "silentCount"))
}
