package cases

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/errs"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// TestCasesSurviveEverything lets customers, agents and the book do things in any order, late and twice, and compares each
// case, what was said in it and what was said about its promises with a model in plain code.
func TestCasesSurviveEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		rapid.Check(t, func(r *rapid.T) {
			h := &history{T: r, fixture: b}
			b.olena = b.customer(r)
			h.abouts = []string{"", "products/pot", b.others.order(b.olena)}
			for range rapid.IntRange(1, 20).Draw(r, "steps") {
				h.step()
				for _, m := range h.matters {
					require.Equal(r, m.text(), summary(b.get(r, m.name)), m.name)
				}
			}
			h.round()
			for _, m := range h.matters {
				h.check(m)
			}
		})
	})
}

// history is what one customer's cases have gone through.
type history struct {
	*rapid.T
	*fixture
	abouts  []string
	matters []*matter
	owed    []*promisev1.RemedyRequired
	said    int
}

// matter is a case as it should be.
type matter struct {
	name, about, queue, agent         string
	kind                              supportv1.Case_Kind
	state                             supportv1.Case_State
	escalated, person, replied, asked bool // asked: the order service will be asked for an interim reply
	contacts, interims                int
	due                               time.Time
	promises                          []*supportv1.Case // the case when each promise was made; the last one stands
	kept, broken                      []bool            // what has been said about each
	words                             []string
}

func (m *matter) text() string {
	return fmt.Sprint(m.state, m.kind, m.queue, m.agent, m.escalated, m.person, m.contacts, m.due, m.replied, m.promises[len(m.promises)-1].GetPromise())
}

func summary(c *supportv1.Case) string {
	return fmt.Sprint(c.GetState(), c.GetKind(), c.GetQueue(), c.GetAgent(), c.GetEscalated(), c.GetAgentRequired(), c.GetContactCount(),
		c.GetReplyDueTime().AsTime(), c.GetReplyTime() != nil, c.GetPromise())
}

func (h *history) step() {
	steps := []func(){
		h.ask, h.ask, h.remedy, h.round,
		func() { h.hands.advance(time.Duration(rapid.Int64Range(1, int64(12*time.Hour)).Draw(h.T, "pass"))) },
	}
	if len(h.matters) > 0 {
		m := h.matters[rapid.IntRange(0, len(h.matters)-1).Draw(h.T, "case")]
		steps = append(steps, func() { h.contactCase(m) }, func() { h.replyCase(m) }, func() { h.replyCase(m) },
			func() { h.closeCase(m) }, func() { h.assignCase(m) }, func() { h.warn(m) }, func() { h.end(m) })
	}
	steps[rapid.IntRange(0, len(steps)-1).Draw(h.T, "step")]()
}

func (h *history) words(what string) string {
	h.said++
	return fmt.Sprint(what, " ", h.said)
}

// find is the case that is open about something.
func (h *history) find(about string) *matter {
	for _, m := range h.matters {
		if about != "" && m.about == about && m.state != supportv1.Case_CLOSED {
			return m
		}
	}
	return nil
}

func (m *matter) promised(c *supportv1.Case) {
	m.promises, m.kept, m.broken = append(m.promises, c), append(m.kept, false), append(m.broken, false)
	m.due, m.escalated = c.GetReplyDueTime().AsTime(), false
}

// again is what becomes of a case that somebody has to look at again.
func (m *matter) again(c *supportv1.Case, contacts int) {
	if m.state == supportv1.Case_REPLIED {
		m.promised(c)
	}
	m.state, m.person, m.contacts = supportv1.Case_OPEN, true, m.contacts+contacts
}

func (h *history) ask() {
	about := rapid.SampledFrom(h.abouts).Draw(h.T, "about")
	req := h.request(about, supportv1.Case_Kind(rapid.IntRange(0, 3).Draw(h.T, "kind")))
	req.Case.Description = h.words("ask")
	c, err := h.CreateCase(customer(h.T, h.olena), req)
	require.NoError(h.T, err)
	m := h.find(about)
	if m != nil {
		require.Equal(h.T, m.name, c.GetName())
		m.again(c, 1)
	} else {
		m = &matter{
			name: c.GetName(), about: about, queue: "queues/front", kind: max(req.Case.Kind, supportv1.Case_QUESTION),
			state: supportv1.Case_OPEN, contacts: 1, asked: strings.HasPrefix(about, "orders/"),
		}
		m.promised(c)
		require.Equal(h.T, h.hands.Now().Add(replyWithin(m.kind)), m.due)
		h.matters = append(h.matters, m)
	}
	words := req.Case.Description
	if c.GetTitle() != req.Case.GetTitle() { // what the suite had opened has a title of its own
		words = req.Case.GetTitle() + "\n\n" + words
	}
	m.words = append(m.words, words)
}

func (h *history) contactCase(m *matter) {
	body := h.words("contact")
	_, err := h.ContactCase(customer(h.T, h.olena), &supportv1.ContactCaseRequest{Name: m.name, Body: body})
	if m.state == supportv1.Case_CLOSED {
		require.Equal(h.T, "CASE_CLOSED", errs.ReasonOf(err))
		return
	}
	require.NoError(h.T, err)
	m.again(h.get(h.T, m.name), 1)
	m.words = append(m.words, body)
}

func (h *history) replyCase(m *matter) {
	_, err := h.ReplyCase(agent(h.T), &supportv1.ReplyCaseRequest{Name: m.name, Body: "It comes today."})
	if m.state == supportv1.Case_CLOSED {
		require.Equal(h.T, "CASE_CLOSED", errs.ReasonOf(err))
		return
	}
	require.NoError(h.T, err)
	last := len(m.promises) - 1
	switch inTime := !h.hands.Now().After(m.due); {
	case inTime:
		m.kept[last] = true
	case !m.kept[last]:
		m.broken[last] = true
	}
	m.state, m.agent, m.replied = supportv1.Case_REPLIED, "agents/anna", true
}

func (h *history) closeCase(m *matter) {
	_, err := h.CloseCase(agent(h.T), &supportv1.CloseCaseRequest{Name: m.name, Resolution: "Done"})
	switch m.state {
	case supportv1.Case_REPLIED:
		require.NoError(h.T, err)
		m.state = supportv1.Case_CLOSED
	case supportv1.Case_OPEN:
		require.Equal(h.T, "CASE_NOT_REPLIED", errs.ReasonOf(err))
	default:
		require.Equal(h.T, "CASE_CLOSED", errs.ReasonOf(err))
	}
}

func (h *history) assignCase(m *matter) {
	to := rapid.SampledFrom([]string{"agents/ivan", "queues/delivery"}).Draw(h.T, "to")
	_, err := h.AssignCase(agent(h.T), &supportv1.AssignCaseRequest{Name: m.name, Assignee: to})
	if m.state == supportv1.Case_CLOSED {
		require.Equal(h.T, "CASE_CLOSED", errs.ReasonOf(err))
		return
	}
	require.NoError(h.T, err)
	m.agent = ""
	if queue, agent := assignment(to); queue != "" {
		m.queue = queue
	} else {
		m.agent = agent
	}
}

// warn and end are what the book says about any of the promises, at any time.
func (h *history) warn(m *matter) {
	i := rapid.IntRange(0, len(m.promises)-1).Draw(h.T, "promise")
	h.hear(h.T, atRisk(m.promises[i]))
	if i == len(m.promises)-1 && m.state == supportv1.Case_OPEN && !m.escalated {
		m.escalated, m.queue, m.agent = true, "queues/duty", ""
	}
}

func (h *history) end(m *matter) {
	i := rapid.IntRange(0, len(m.promises)-1).Draw(h.T, "promise")
	h.hear(h.T, due(m.promises[i]))
	if i == len(m.promises)-1 && !m.kept[i] {
		m.broken[i] = true
	}
}

// remedy has the book say that a promise broke: another one, or one of before for the second time.
func (h *history) remedy() {
	if len(h.owed) > 0 && rapid.Bool().Draw(h.T, "twice") {
		h.hear(h.T, h.owed[rapid.IntRange(0, len(h.owed)-1).Draw(h.T, "which")])
		return
	}
	order := h.abouts[2]
	owed := h.fixture.owed(order)
	h.owed = append(h.owed, owed)
	h.hear(h.T, owed)
	m := h.find(order)
	if m != nil {
		m.again(h.get(h.T, m.name), 0)
		return
	}
	list, err := h.ListCases(agent(h.T), &supportv1.ListCasesRequest{Filter: `about = "` + order + `"`, PageSize: 1})
	require.NoError(h.T, err)
	require.NotEmpty(h.T, list.GetCases())
	c := h.opened(list.GetCases())
	m = &matter{
		name: c.GetName(), about: order, queue: "queues/delivery", kind: supportv1.Case_BROKEN_PROMISE,
		state: supportv1.Case_OPEN, person: true,
	}
	m.promised(c)
	h.matters = append(h.matters, m)
}

// opened is the one case that is new.
func (h *history) opened(found []*supportv1.Case) *supportv1.Case {
	for _, m := range h.matters {
		require.NotEqual(h.T, m.name, found[0].GetName(), "a case of its own")
	}
	return found[0]
}

func (h *history) round() {
	h.fixture.round(h.T)
	for _, m := range h.matters {
		if m.asked && m.state == supportv1.Case_OPEN && !m.person && h.hands.Now().Before(m.due) {
			m.interims++
		}
		m.asked = false
	}
}

// check compares what was said with what should have been.
func (h *history) check(m *matter) {
	all := h.entries(h.T, m.name)
	var words []string
	for _, e := range by(supportv1.CaseEntry_CUSTOMER, all) {
		words = append(words, e.GetBody())
	}
	require.Equal(h.T, m.words, words, "all that the customer said, in its order")
	require.Len(h.T, by(supportv1.CaseEntry_SYSTEM, all), m.interims, "interim replies")
	var got, want [3][]string
	for _, f := range said[*promisev1.PromiseMade](h.T, h.fixture, m.name) {
		got[0] = append(got[0], f.GetPromise())
	}
	for _, f := range said[*promisev1.PromiseKept](h.T, h.fixture, m.name) {
		got[1] = append(got[1], f.GetPromise())
	}
	for _, f := range said[*promisev1.PromiseBroken](h.T, h.fixture, m.name) {
		got[2] = append(got[2], f.GetPromise())
	}
	for i, c := range m.promises {
		want[0] = append(want[0], c.GetPromise())
		if m.kept[i] {
			want[1] = append(want[1], c.GetPromise())
		}
		if m.broken[i] {
			want[2] = append(want[2], c.GetPromise())
		}
		waits := i == len(m.promises)-1 && m.state == supportv1.Case_OPEN
		require.True(h.T, waits || m.kept[i] || m.broken[i], "a promise that nobody answers")
	}
	require.Equal(h.T, want, got, "what was said about the promises")
}
