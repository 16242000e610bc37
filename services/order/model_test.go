package order_test

import (
	"slices"
	"time"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// plain is one order as a child would keep it: a list of units with what was paid for each, and what is on the shelf. It knows
// nothing of rows, locks or retries; what it says is what has to be in the books.
type plain struct {
	now                time.Time
	state              orderv1.Order_State
	promise            orderv1.Order_PromiseState
	promised, expected time.Time
	fee, goods         int64
	lines              []plainLine
	units              []plainUnit
	shortages          []*plainShortage
	back               map[string]int64 // by what for
	shelf              map[string]*plainShelf
}

type plainLine struct {
	product, insteadOf string
	price              int64
}

// plainUnit is one unit of a line.
type plainUnit struct {
	line int
	gone bool
}

type plainShelf struct{ price, onHand, held int64 }

type plainShortage struct {
	product, substitute string
	quantity, owed      int64
	wait                time.Time // zero for none
	deadline            time.Time
	state               orderv1.Shortage_State
	choice, otherwise   orderv1.Shortage_Choice
}

// Reasons of refusals.
const (
	fine    = ""
	invalid = "INVALID_REQUEST"
)

func (m *plain) add(product, insteadOf string, price int64, units int64) {
	m.lines = append(m.lines, plainLine{product, insteadOf, price})
	for range units {
		m.units = append(m.units, plainUnit{line: len(m.lines) - 1})
	}
}

// coming are the indices of the units of a product that come.
func (m *plain) coming(product string) (indices []int) {
	for i, u := range m.units {
		if !u.gone && m.lines[u.line].product == product {
			indices = append(indices, i)
		}
	}
	return indices
}

func (m *plain) owed(product string) (units int64) {
	for _, s := range m.shortages {
		if s.product == product {
			units += s.owed
		}
	}
	return units
}

// worth is what was paid for the units that come.
func (m *plain) worth() (sum int64) {
	for _, u := range m.units {
		if !u.gone {
			sum += m.lines[u.line].price
		}
	}
	return sum
}

func (m *plain) refunded() (sum int64) {
	for _, amount := range m.back {
		sum += amount
	}
	return sum
}

func (m *plain) refund(what string, amount int64) {
	if amount > 0 && m.back[what] == 0 {
		m.back[what] = amount
	}
}

func (m *plain) open(product string) bool {
	for _, s := range m.shortages {
		if s.state == orderv1.Shortage_OPEN && (product == "" || s.product == product) {
			return true
		}
	}
	return false
}

func (m *plain) stands() bool {
	return m.promise == orderv1.Order_OPEN || m.promise == orderv1.Order_AT_RISK
}

func (m *plain) breaks() {
	m.promise = orderv1.Order_BROKEN
	m.refund("speed-fee", m.fee)
}

func (m *plain) report(s *plainShortage) string {
	switch {
	case s.substitute == s.product:
		return invalid
	case m.state != orderv1.Order_PLACED:
		return "ORDER_NOT_PLACED"
	case m.open(s.product):
		return "SHORTAGE_OPEN"
	case s.quantity > int64(len(m.coming(s.product)))-m.owed(s.product):
		return invalid
	}
	if s.substitute != "" {
		shelf := m.shelf[s.substitute]
		if shelf.onHand-shelf.held < s.quantity {
			return "OUT_OF_STOCK"
		}
		shelf.held += s.quantity
	}
	m.shelf[s.product].onHand -= s.quantity
	m.shelf[s.product].held -= s.quantity
	s.owed, s.state = s.quantity, orderv1.Shortage_OPEN
	m.shortages = append(m.shortages, s)
	return fine
}

func (m *plain) answer(s *plainShortage, choice orderv1.Shortage_Choice) string {
	switch {
	case s.state != orderv1.Shortage_OPEN:
		return "SHORTAGE_ANSWERED"
	case choice == orderv1.Shortage_WAIT && (s.wait.IsZero() || s.wait.Before(m.now)):
		return invalid
	case choice == orderv1.Shortage_SUBSTITUTE && s.substitute == "":
		return invalid
	}
	m.decide(s, orderv1.Shortage_ANSWERED, choice)
	return fine
}

func (m *plain) decide(s *plainShortage, state orderv1.Shortage_State, choice orderv1.Shortage_Choice) {
	s.state, s.choice = state, choice
	if s.substitute != "" && choice != orderv1.Shortage_SUBSTITUTE {
		m.shelf[s.substitute].held -= s.quantity
	}
	if choice == orderv1.Shortage_WAIT {
		m.waits(s)
		return
	}
	m.shelf[s.product].held -= s.quantity - s.owed
	s.owed = 0
	back := int64(0)
	instead := map[int]int64{} // by line
	for _, i := range m.coming(s.product)[:s.quantity] {
		m.units[i].gone = true
		line := m.lines[m.units[i].line]
		back += line.price
		if choice == orderv1.Shortage_SUBSTITUTE {
			back -= min(line.price, m.shelf[s.substitute].price)
			instead[m.units[i].line]++
		}
	}
	for line := range len(m.lines) {
		if instead[line] > 0 {
			m.add(s.substitute, s.product, min(m.lines[line].price, m.shelf[s.substitute].price), instead[line])
		}
	}
	if m.nothingComes() {
		m.cancel()
		return
	}
	m.back["shortage "+s.product] += back // two of one product are told apart by their rows, not here
}

func (m *plain) nothingComes() bool {
	for _, u := range m.units {
		if !u.gone {
			return false
		}
	}
	return true
}

func (m *plain) waits(s *plainShortage) {
	if s.wait.IsZero() {
		return
	}
	due := s.wait
	for _, other := range m.shortages {
		if other != s && other.choice == orderv1.Shortage_WAIT && other.owed > 0 && other.wait.After(due) {
			due = other.wait
		}
	}
	if s.state == orderv1.Shortage_DEFAULTED {
		if due.After(m.now) {
			m.expected = due
		}
		return
	}
	if m.stands() && m.promised.Before(m.now) {
		m.breaks()
	}
	m.promise, m.promised, m.expected = orderv1.Order_OPEN, due, due
}

func (m *plain) pass(by time.Duration) {
	m.now = m.now.Add(by)
	inTurn := slices.Clone(m.shortages)
	slices.SortStableFunc(inTurn, func(a, b *plainShortage) int { return a.deadline.Compare(b.deadline) })
	for _, s := range inTurn {
		if s.state == orderv1.Shortage_OPEN && !s.deadline.After(m.now) {
			m.decide(s, orderv1.Shortage_DEFAULTED, s.otherwise)
		}
	}
}

func (m *plain) adjust(product string, delta int64) string {
	shelf := m.shelf[product]
	if shelf.onHand+delta < shelf.held {
		return "STOCK_HELD"
	}
	shelf.onHand += delta
	for _, s := range m.shortages {
		if s.product != product || delta <= 0 {
			continue
		}
		units := min(delta, s.owed)
		delta -= units
		s.owed -= units
		shelf.held += units
	}
	return fine
}

func (m *plain) cancel() string {
	if m.state != orderv1.Order_PLACED && m.state != orderv1.Order_PICKED {
		return "ORDER_NOT_CANCELLABLE"
	}
	for product, shelf := range m.shelf {
		units := int64(len(m.coming(product)))
		if m.state == orderv1.Order_PICKED {
			shelf.onHand += units
		} else {
			shelf.held -= units - m.owed(product)
		}
	}
	for _, s := range m.shortages {
		if s.state == orderv1.Shortage_OPEN {
			s.state = orderv1.Shortage_RELEASED
			if s.substitute != "" {
				m.shelf[s.substitute].held -= s.quantity
			}
		}
		s.owed = 0
	}
	m.refund("cancellation", m.goods+m.fee-m.refunded())
	m.state = orderv1.Order_CANCELLED
	if m.stands() {
		m.promise = orderv1.Order_RELEASED
	}
	return fine
}

func (m *plain) pick() string {
	if m.state != orderv1.Order_PLACED {
		return "ORDER_NOT_PLACED"
	}
	for product := range m.shelf {
		if m.owed(product) > 0 || m.open("") {
			return "ORDER_INCOMPLETE"
		}
	}
	for product, shelf := range m.shelf {
		units := int64(len(m.coming(product)))
		shelf.onHand, shelf.held = shelf.onHand-units, shelf.held-units
	}
	m.state = orderv1.Order_PICKED
	return fine
}

func (m *plain) ship() string {
	if m.state != orderv1.Order_PICKED {
		return "ORDER_NOT_PICKED"
	}
	m.state = orderv1.Order_SHIPPED
	return fine
}

func (m *plain) deliver() string {
	if m.state != orderv1.Order_SHIPPED {
		return "ORDER_NOT_SHIPPED"
	}
	m.state = orderv1.Order_DELIVERED
	switch {
	case !m.now.After(m.promised):
		m.promise = orderv1.Order_KEPT
	case m.stands():
		m.breaks()
	}
	return fine
}

func (m *plain) sendBack() string {
	if m.state != orderv1.Order_DELIVERED {
		return "ORDER_NOT_DELIVERED"
	}
	for product, shelf := range m.shelf {
		shelf.onHand += int64(len(m.coming(product)))
	}
	m.state = orderv1.Order_RETURNED
	m.refund("return", m.worth())
	return fine
}

// due is what follows when the book asks whether the promise was kept.
func (m *plain) due() {
	if m.stands() && !m.now.Before(m.promised) {
		m.breaks()
	}
}

// atRisk is what follows when the book warns.
func (m *plain) atRisk() {
	moves := m.state == orderv1.Order_PLACED || m.state == orderv1.Order_PICKED || m.state == orderv1.Order_SHIPPED
	if m.promise != orderv1.Order_OPEN || !moves {
		return
	}
	m.promise = orderv1.Order_AT_RISK
	if later := m.promised.Add(max(m.promised.Sub(m.now), time.Hour)); later.After(m.expected) {
		m.expected = later
	}
}
