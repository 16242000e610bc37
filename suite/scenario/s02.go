package scenario

import (
	"fmt"
	"net/http"
	"time"
)

// S02 the template that answers nothing: an automatic reply states the order's facts, says that it is interim and closes
// nothing; who asks twice gets a person, who has the whole history.
func S02(r *Runner) {
	s := newShop(r)
	order := s.order("1").Text("name")
	opened := s.asks(order, "Where is my order?")
	name := opened.Text("name")
	s.Equal("OPEN 1 false", opened.Text("state")+" "+opened.Text("contactCount")+" "+opened.Text("agentRequired"), "the new case")
	s.interim(name, order)
	s.secondContact(name, order)
	s.personReplies(name)
	s.Get(s.stranger, "/v1/"+name).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Post(s.stranger, "/v1/cases", map[string]any{
		"customer": s.stranger.Name, "title": "Mine?", "description": "What about this one?", "about": order,
	}).Refused(http.StatusBadRequest, "INVALID_REQUEST")
}

// asks has the customer ask about an order.
func (s *shop) asks(order, question string) Answer {
	return s.Post(s.customer, "/v1/cases", map[string]any{
		"customer": s.customer.Name, "title": "My order", "description": question, "about": order, "channel": "WEB",
	}).OK()
}

func (s *shop) entries(who Caller, name string) []map[string]any {
	return s.Get(who, "/v1/"+name+"/entries").OK().List("caseEntries")
}

// by picks the entries of an author.
func by(author string, entries []map[string]any) (out []map[string]any) {
	for _, e := range entries {
		if e["author"] == author {
			out = append(out, e)
		}
	}
	return out
}

func (s *shop) interim(name, order string) {
	s.Soon("there is an interim reply",
		func() Answer { return s.Get(s.customer, "/v1/"+name+"/entries") },
		func(a Answer) bool { return len(by("SYSTEM", a.List("caseEntries"))) > 0 })
	reply := by("SYSTEM", s.entries(s.customer, name))[0]
	facts, _ := reply["orderSnapshot"].(map[string]any)
	now := s.Get(s.customer, "/v1/"+order).OK()
	s.Equal(true, reply["interim"], "it is marked as interim")
	s.Equal(order+" PLACED OPEN", fmt.Sprint(facts["order"], " ", facts["state"], " ", facts["promiseState"]), "the order's facts")
	s.Equal(now.Body["promisedDeliveryTime"], facts["promisedDeliveryTime"], "the date")
	s.Check(facts["nextStep"] != nil && facts["nextStep"] != "", "the next step")
	s.message("kept.support.v1.InterimReplyGiven", name)
	s.Equal("OPEN", s.Get(s.customer, "/v1/"+name).Text("state"), "it closes nothing")
}

func (s *shop) secondContact(name, order string) {
	again := s.asks(order, "I have asked already. Where is it?")
	s.Equal(name+" true", again.Text("name")+" "+again.Text("alreadyOpen"), "the second request is part of the same case")
	s.Equal("2 true OPEN", again.Text("contactCount")+" "+again.Text("agentRequired")+" "+again.Text("state"), "it goes to a person")
	s.Check(again.Text("queue") != "" || again.Text("agent") != "", "somebody has it")
	s.Advance(s.admin, time.Hour)
	history := s.entries(s.agent, name)
	s.Equal(1, len(by("SYSTEM", history)), "automatic replies: no second one")
	s.Equal(2, len(by("CUSTOMER", history)), "what the customer said, for the agent to see")
	s.Equal("Where is my order?", by("CUSTOMER", history)[0]["body"], "the first question")
}

func (s *shop) personReplies(name string) {
	promise := s.Get(s.agent, "/v1/"+name).Text("promise")
	s.Post(s.agent, "/v1/"+name+":close", map[string]any{"resolution": "done"}).Refused(http.StatusConflict, "CASE_NOT_REPLIED")
	s.Post(s.customer, "/v1/"+name+":reply", map[string]any{"body": "?"}).Refused(http.StatusForbidden, "ROLE_NOT_ALLOWED")
	words := "Olena, it left Kyiv this morning & is with you <today>."
	entry := s.Post(s.agent, "/v1/"+name+":reply", map[string]any{"body": words}).OK()
	s.Equal("AGENT "+words, entry.Text("author")+" "+entry.Text("body"), "the reply")
	replied := s.Get(s.agent, "/v1/"+name)
	s.Equal("REPLIED agents/anna", replied.Text("state")+" "+replied.Text("agent"), "who has it now")
	s.promiseIs(promise, "KEPT")
	told := s.message("kept.support.v1.CaseReplied", name)
	s.Check(contains(fmt.Sprint(told["body"]), words), "the customer gets the person's own words: %v", told["body"])
	s.Equal("CLOSED", s.Post(s.agent, "/v1/"+name+":close", map[string]any{"resolution": "Told"}).OK().Text("state"), "closed by a person")
	s.Post(s.customer, "/v1/"+name+":contact", map[string]any{"body": "One more thing"}).Refused(http.StatusConflict, "CASE_CLOSED")
}
