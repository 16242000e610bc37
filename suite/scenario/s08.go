package scenario

import (
	"fmt"
	"time"
)

// S08 the letter nobody answered: each request has a promise of a reply; before its time is over somebody on duty has it,
// and after it the promise is broken like any other, and counted.
func S08(r *Runner) {
	s := newShop(r)
	before := s.repliesBroken()
	for kind, within := range map[string]time.Duration{"QUESTION": 24 * time.Hour, "PROBLEM": 8 * time.Hour, "COMPLAINT": 4 * time.Hour} {
		opened := s.writes(kind)
		s.Equal(within, opened.Time("replyDueTime").Sub(opened.Time("createTime")), "a reply to a "+kind+" is promised within")
	}
	letter := s.writes("COMPLAINT").Text("name")
	promise := s.Get(s.agent, "/v1/"+letter).Text("promise")
	s.promiseIs(promise, "OPEN")
	s.Advance(s.admin, 3*time.Hour)
	s.promiseIs(promise, "AT_RISK")
	raised := s.Get(s.agent, "/v1/"+letter).OK()
	s.Equal("true queues/duty OPEN", raised.Text("escalated")+" "+raised.Text("queue")+" "+raised.Text("state"), "it was escalated to those on duty")
	s.Advance(s.admin, time.Hour)
	broken := s.promiseIs(promise, "BROKEN")
	s.Equal("promiseKinds/reply support "+letter, broken.Text("kind")+" "+broken.Text("service")+" "+broken.Text("about"), "the promise with its service")
	s.message("kept.promise.v1.RemedyRequired", letter)
	s.Check(s.repliesBroken() >= before+2, "both complaints are on the scorecard")
	s.late(letter)
	s.everybodys()
}

func (s *shop) writes(kind string) Answer {
	return s.Post(s.customer, "/v1/cases", map[string]any{
		"customer": s.customer.Name, "title": "A letter", "description": "Dear shop, ...", "kind": kind, "channel": "EMAIL",
	}).OK()
}

// late replies when the promise is broken already: better late than never, and it stays broken.
func (s *shop) late(letter string) {
	promise := s.Get(s.agent, "/v1/"+letter).Text("promise")
	s.Post(s.agent, "/v1/"+letter+":reply", map[string]any{"body": "We are sorry. Here is your answer."}).OK()
	s.message("kept.support.v1.CaseReplied", letter)
	s.Advance(s.admin, 48*time.Hour)
	s.promiseIs(promise, "BROKEN")
	s.Equal(1, s.messages("kept.promise.v1.RemedyRequired", letter), "apologies")
}

// repliesBroken is how many replies have not come in time, in all months.
func (s *shop) repliesBroken() int {
	return count(s.Get(s.manager, "/v1/scorecard").OK().List("promiseCounts"), "brokenCount", "kind", "promiseKinds/reply")
}

// everybodys checks that each open case is somebody's.
func (s *shop) everybodys() {
	cases := s.Get(s.manager, "/v1/cases", "filter", "state = OPEN", "pageSize", "1000").OK().List("cases")
	for _, c := range cases {
		s.Check(c["queue"] != "" || c["agent"] != "", "%v has an owner or a queue", c["name"])
	}
	s.Check(len(cases) > 0, "there are open cases: %s", fmt.Sprint(len(cases)))
}
