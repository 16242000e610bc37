package scenario

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// S07 promised in 24 hours, came in 20 days: the promise is watched, the customer has a new date before asking, and what
// was paid for speed comes back by itself, once, with points, an apology and a person who cares. Its twins: delivered in
// time, and cancelled with a reason.
func S07(r *Runner) {
	s := newShop(r)
	broken := s.brokenPromise()
	s.keptPromise()
	s.cancelled()
	s.managersView(broken)
}

func (s *shop) promiseIs(name, state string) Answer {
	return s.Soon("the promise is "+state,
		func() Answer { return s.Get(s.customer, "/v1/"+name) },
		func(a Answer) bool { return a.Text("state") == state })
}

func (s *shop) brokenPromise() (promise string) {
	order := s.order("2")
	name := order.Text("name")
	promise = order.Text("promise")
	s.Equal("PLACED", order.Text("state"), "state of the new order")
	s.Equal("59", order.Text("totalAmount", "units"), "total: two pots at 24.95 and 9.90 for speed")
	s.Equal("Bank 2", order.Body["billingAddress"].(map[string]any)["addressLines"].([]any)[0], "billing address")
	s.Equal(24*time.Hour, order.Time("promisedDeliveryTime").Sub(order.Time("createTime")), "what was promised")
	s.Equal("8", s.available(), "available while two are held")
	open := s.promiseIs(promise, "OPEN")
	s.Equal(name, open.Text("about"), "what the promise is about")
	s.narratePromised(order, open)

	s.Advance(s.admin, 18*time.Hour)
	s.promiseIs(promise, "AT_RISK")
	order = s.Get(s.customer, "/v1/"+name).OK()
	s.Equal("AT_RISK", order.Text("promiseState"), "the order's view of the promise at risk")
	s.Check(order.Time("expectedDeliveryTime").After(order.Time("promisedDeliveryTime")), "the customer has a new date")
	s.Equal("0", order.Text("refundedAmount", "units"), "nothing comes back before the promise breaks")
	s.narrateAtRisk(order, s.message("kept.order.v1.OrderDelayed", name))

	s.Advance(s.admin, 6*time.Hour)
	done := s.feeIsBack(name, promise)
	s.narrateBroken(done)
	s.caredFor(name)
	s.Advance(s.admin, 20*24*time.Hour)
	s.feeIsBack(name, promise)
	s.arrivesAtLast(name, promise)
	return promise
}

// arrivesAtLast delivers what was promised long ago.
func (s *shop) arrivesAtLast(name, promise string) {
	for _, step := range []string{"pick", "ship", "deliver"} {
		s.Post(s.agent, "/v1/"+name+":"+step, map[string]any{}).OK()
	}
	s.Advance(s.admin, 0)
	order := s.Get(s.customer, "/v1/"+name)
	s.Equal("DELIVERED", order.Text("state"), "state after twenty days")
	s.narrateArrived(order, s.feeIsBack(name, promise))
	s.earned(name)
}

// feeIsBack checks that the promise is broken and that the speed fee, and only it, has come back, once.
func (s *shop) feeIsBack(order, promise string) remedy {
	broken := s.promiseIs(promise, "BROKEN")
	o := s.Get(s.customer, "/v1/"+order).OK()
	s.Equal("BROKEN", o.Text("promiseState"), "the order's view of the broken promise")
	s.Equal("9 900000000", o.Text("refundedAmount", "units")+" "+o.Text("refundedAmount", "nanos"), "what came back")
	refunds := s.Get(s.customer, "/v1/"+order+"/refunds").OK().List("refunds")
	s.Equal(1, len(refunds), "refunds")
	s.Equal("SPEED_FEE", refunds[0]["purpose"], "what the refund is for")
	s.Equal("SETTLED", refunds[0]["state"], "state of the refund")
	s.Check(refunds[0]["settlementReference"] != "", "the credit on the invoice can be found")
	s.promiseIs(fmt.Sprint(refunds[0]["promise"]), "KEPT")
	done := s.madeGood(order)
	done.promise, done.refunds = broken, refunds
	return done
}

// madeGood checks what else is done for a promise that broke: points, a case for a person, an apology; each once.
func (s *shop) madeGood(order string) remedy {
	account := "/v1/programs/main/accounts/" + strings.TrimPrefix(s.customer.Name, "customers/")
	s.Soon("there are points for it",
		func() Answer { return s.Get(s.customer, account+"/postings") },
		func(a Answer) bool { return count(a.List("postings"), "points", "kind", "GOODWILL") > 0 })
	points := count(s.Get(s.customer, account+"/postings").OK().List("postings"), "points", "kind", "GOODWILL", "about", order)
	s.Equal(100, points, "goodwill points")
	cases := s.Soon("a person takes care of it",
		func() Answer {
			return s.Get(s.agent, "/v1/cases", "filter", `about = "`+order+`" AND kind = BROKEN_PROMISE`)
		},
		func(a Answer) bool { return len(a.List("cases")) > 0 }).List("cases")
	s.Equal(1, len(cases), "cases about it")
	return remedy{points: points, cared: cases[0], apology: s.message("kept.promise.v1.RemedyRequired", order)}
}

// caredFor has an agent take care of the case, in time, and in person.
func (s *shop) caredFor(order string) {
	found := s.Get(s.agent, "/v1/cases", "filter", `about = "`+order+`"`).OK().List("cases")
	name := fmt.Sprint(found[0]["name"])
	s.Post(s.agent, "/v1/"+name+":reply", map[string]any{"body": "Olena, I have found your parcel and bring it myself."}).OK()
	reply := s.message("kept.support.v1.CaseReplied", name)
	closed := s.Post(s.agent, "/v1/"+name+":close", map[string]any{"resolution": "Found"}).OK()
	s.narrateCared(reply, closed)
}

// earned checks the points for the goods, once they are there, and proves the books.
func (s *shop) earned(order string) {
	account := "/v1/programs/main/accounts/" + strings.TrimPrefix(s.customer.Name, "customers/")
	earned := count(s.Get(s.customer, account+"/postings").OK().List("postings"), "points", "kind", "EARNING", "about", order)
	s.Equal(49, earned, "points for goods of 49.90")
	balance := s.Get(s.customer, account).OK().Text("balance")
	s.Equal("149", balance, "the balance")
	s.Get(s.stranger, account).Refused(http.StatusNotFound, "NOT_FOUND")
	proof := s.Get(s.manager, "/v1/programs/main:verifyLedger").OK()
	s.Equal("true", proof.Text("balanced"), "the books of the programme")
	s.narratePoints(earned, balance, proof)
}

func (s *shop) keptPromise() {
	order := s.order("1")
	name, promise := order.Text("name"), order.Text("promise")
	s.Post(s.agent, "/v1/"+name+":ship", map[string]any{}).Refused(http.StatusConflict, "ORDER_NOT_PICKED")
	for _, step := range []string{"pick", "ship", "deliver"} {
		s.Post(s.agent, "/v1/"+name+":"+step, map[string]any{}).OK()
	}
	s.promiseIs(promise, "KEPT")
	s.Advance(s.admin, 48*time.Hour)
	s.promiseIs(promise, "KEPT")
	o := s.Get(s.customer, "/v1/"+name).OK()
	s.Equal("DELIVERED KEPT", o.Text("state")+" "+o.Text("promiseState"), "the order that came in time")
	s.Equal(0, len(s.Get(s.customer, "/v1/"+name+"/refunds").OK().List("refunds")), "refunds when all went well")
	s.Equal("7", s.available(), "available after three have left")
	s.narrateKept(o)
}

func (s *shop) cancelled() {
	order := s.order("3")
	name := order.Text("name")
	s.Post(s.agent, "/v1/"+name+":cancel", map[string]any{}).Refused(http.StatusBadRequest, "INVALID_REQUEST")
	s.Post(s.agent, "/v1/"+name+":cancel", map[string]any{"reason": "   "}).Refused(http.StatusBadRequest, "INVALID_REQUEST")
	s.Post(s.stranger, "/v1/"+name+":cancel", map[string]any{"reason": "mine?"}).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Equal("4", s.available(), "available while three are held")

	key := "cancel-" + s.Tag
	reason := map[string]any{"reason": "The supplier has gone out of business"}
	cancelled := s.PostKeyed(s.agent, key, "/v1/"+name+":cancel", reason).OK()
	s.Equal("CANCELLED", cancelled.Text("state"), "state")
	s.Equal(reason["reason"], cancelled.Text("cancelReason"), "the reason, for the customer to read")
	again := s.PostKeyed(s.agent, key, "/v1/"+name+":cancel", reason).OK()
	s.Equal("true", again.Header.Get("Idempotent-Replayed"), "a retry gets the same answer")
	s.Equal(cancelled.Body, again.Body, "the answer to the retry")
	s.Post(s.agent, "/v1/"+name+":cancel", reason).Refused(http.StatusConflict, "ORDER_NOT_CANCELLABLE")

	s.Equal("7", s.available(), "available again")
	s.Advance(s.admin, 0)
	s.promiseIs(order.Text("promise"), "RELEASED")
	refunds := s.Get(s.customer, "/v1/"+name+"/refunds").OK().List("refunds")
	s.Equal(1, len(refunds), "refunds of a cancelled order")
	s.Equal("CANCELLATION SETTLED", refunds[0]["purpose"].(string)+" "+refunds[0]["state"].(string), "the refund")
	s.Equal(order.Body["totalAmount"], refunds[0]["amount"], "all of it comes back")
	s.narrateCancelled(cancelled, refunds[0])
}

// managersView checks what the book says to those who may read it, and what it does not say to others.
func (s *shop) managersView(broken string) {
	card := s.Get(s.manager, "/v1/scorecard").OK().List("promiseCounts")
	for field, least := range map[string]int{"brokenCount": 1, "keptCount": 1, "releasedCount": 1} {
		s.Check(count(card, field, "kind", "promiseKinds/delivery") >= least, "%s of deliveries, by month: %v", field, card)
	}
	s.narrateScorecard(card)
	mine := `customer = "` + s.customer.Name + `"`
	byState := map[string][]map[string]any{}
	for state, want := range map[string]int{"BROKEN": 1, "KEPT": 1, "RELEASED": 1, "OPEN": 0} {
		found := s.Get(s.manager, "/v1/promises", "filter", mine+` AND kind = "promiseKinds/delivery" AND state = `+state).OK().List("promises")
		s.Equal(want, len(found), "promises that are "+state)
		byState[state] = found
	}
	s.narratePromises(byState)
	s.Get(s.stranger, "/v1/"+broken).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Equal(0, len(s.Get(s.stranger, "/v1/promises").OK().List("promises")), "promises that a stranger sees")
	s.Equal(0, len(s.Get(s.stranger, "/v1/orders").OK().List("orders")), "orders that a stranger sees")
	s.Equal(3, len(s.Get(s.customer, "/v1/orders").OK().List("orders")), "orders that the customer sees")
}
