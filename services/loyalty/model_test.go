package loyalty_test

import (
	"fmt"
	"maps"
	"slices"

	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// model is what the ledger should come to, in plain maps.
type model struct {
	rates    map[string]int64 // points a whole unit, by programme; mixed currencies earn in main only
	orders   map[string]*modelOrder
	accounts map[modelHolder][]modelPosting // as a set; in what order they came is not the model's matter
	remedied map[string]bool
	touched  []modelHolder // since they were compared
}

type modelHolder struct{ program, customer string }

func (h modelHolder) name() string { return "programs/" + h.program + "/accounts/" + h.customer }

type modelPosting struct {
	kind   loyaltyv1.Posting_Kind
	points int64
	about  string
}

type modelOrder struct {
	customer            string
	cents               int64
	currency            string
	delivered, returned bool
	earned              map[string]int64 // by programme
}

func newModel() *model {
	return &model{
		rates: map[string]int64{"main": 1, "euro": 3}, orders: map[string]*modelOrder{},
		accounts: map[modelHolder][]modelPosting{}, remedied: map[string]bool{},
	}
}

func (m *model) open(customer string) { m.post(modelHolder{"main", customer}) }

func (m *model) post(h modelHolder, postings ...modelPosting) {
	m.accounts[h] = append(m.accounts[h], postings...)
	if !slices.Contains(m.touched, h) {
		m.touched = append(m.touched, h)
	}
}

func (m *model) deliver(order string) {
	o := m.orders[order]
	m.open(o.customer)
	if o.delivered {
		return
	}
	o.delivered, o.earned = true, map[string]int64{}
	for program, rate := range m.rates {
		points := o.cents * rate / 100
		if points > 0 && (program == "main" || o.currency == "EUR") {
			o.earned[program] = points
			m.post(modelHolder{program, o.customer}, modelPosting{loyaltyv1.Posting_EARNING, points, "orders/" + order})
		}
	}
	if o.returned {
		m.reverse(order)
	}
}

func (m *model) giveBack(order string) {
	o := m.orders[order]
	m.open(o.customer)
	if o.returned {
		return
	}
	o.returned = true
	m.reverse(order)
}

func (m *model) reverse(order string) {
	o := m.orders[order]
	for program, points := range o.earned {
		m.post(modelHolder{program, o.customer}, modelPosting{loyaltyv1.Posting_REVERSAL, -points, "orders/" + order})
	}
}

func (m *model) remedy(promise, customer string, points int64, about string) {
	m.open(customer)
	if m.remedied[promise] || points == 0 {
		return
	}
	m.remedied[promise] = true
	m.post(modelHolder{"main", customer}, modelPosting{loyaltyv1.Posting_GOODWILL, points, about})
}

func (m *model) goodwill(h modelHolder, points int64, about string) {
	m.open(h.customer)
	m.post(h, modelPosting{loyaltyv1.Posting_GOODWILL, points, about})
}

// statement is an account's postings in an order of their own, and what they add up to.
func (m *model) statement(h modelHolder) (lines []string, balance int64) {
	for _, p := range m.accounts[h] {
		lines = append(lines, fmt.Sprint(p.kind, p.points, p.about))
		balance += p.points
	}
	slices.Sort(lines)
	return lines, balance
}

func (m *model) holders() []modelHolder {
	return slices.SortedFunc(maps.Keys(m.accounts), func(a, b modelHolder) int {
		return slices.Compare([]string{a.program, a.customer}, []string{b.program, b.customer})
	})
}
