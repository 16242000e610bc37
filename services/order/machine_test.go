package order_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// drawn is a test whose failures are rapid's, so that it looks for the shortest way to them.
type drawn struct {
	testing.TB
	r *rapid.T
}

func (d drawn) Errorf(format string, args ...any) { d.r.Errorf(format, args...) }
func (d drawn) FailNow()                          { d.r.FailNow() }
func (d drawn) Helper()                           {}

// machine is one order in the books and the same order in the model.
type machine struct {
	*fixture
	*plain
	products []string
	order    *orderv1.Order
	names    []string // of the shortages, in the model's order
}

// TestTheBooksFollowThePlainModel does whatever can be done to an order, in any sequence, and compares it after each step with
// a model that knows units and prices only: the order, its money, its goods and its promise. The books are checked at the end.
func TestTheBooksFollowThePlainModel(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		rapid.Check(t, func(r *rapid.T) {
			h := *h
			h.t = drawn{t, r}
			m := newMachine(&h, r)
			r.Repeat(map[string]func(*rapid.T){
				"":       m.compare,
				"report": m.reports, "report again": m.reports, "answer": m.answers, "answer again": m.answers,
				"pass": m.passes, "adjust": m.adjusts, "move on": m.movesOn, "move on again": m.movesOn, "book": m.book,
			})
		})
		h.audit()
	})
}

func newMachine(h *fixture, r *rapid.T) *machine {
	m := &machine{fixture: h, plain: &plain{
		now: h.clock.Now(), state: orderv1.Order_PLACED, promise: orderv1.Order_OPEN, back: map[string]int64{},
		shelf: map[string]*plainShelf{}, fee: rapid.SampledFrom([]int64{0, 990}).Draw(r, "fee"),
	}}
	var lines []wanted
	for i := range 3 {
		shelf := &plainShelf{
			price: rapid.Int64Range(0, 30).Draw(r, "price"), onHand: rapid.Int64Range(4, 10).Draw(r, "units"),
		}
		product := h.product(shelf.price, shelf.onHand)
		m.products, m.shelf[product] = append(m.products, product), shelf
		if units := rapid.Int64Range(0, 4).Draw(r, "ordered"); units > 0 || i == 2 && len(lines) == 0 {
			units = max(units, 1)
			lines = append(lines, wanted{product, units})
			m.add(product, "", shelf.price, units)
			shelf.held = units
		}
	}
	m.goods = m.worth()
	m.order = h.orderBy(h.express(m.fee), lines...)
	m.promised = m.now.Add(24 * time.Hour)
	m.expected = m.promised
	return m
}

func (m *machine) any(r *rapid.T) string { return rapid.SampledFrom(m.products).Draw(r, "product") }

// agree requires that the service said what the model says.
func (m *machine) agree(r *rapid.T, model string, err error) {
	require.Equal(r, model, errs.ReasonOf(err), "%v", err)
}

func (m *machine) reports(r *rapid.T) {
	s := &plainShortage{product: m.any(r), quantity: rapid.Int64Range(1, 4).Draw(r, "missing"), otherwise: orderv1.Shortage_WAIT}
	if rapid.Bool().Draw(r, "substitute") {
		s.substitute = m.any(r)
	}
	report := &orderv1.Shortage{Product: s.product, Quantity: s.quantity, Reason: "Gone", Substitute: s.substitute}
	if hours := rapid.IntRange(-20, 60).Draw(r, "wait"); hours > 0 {
		s.wait = m.now.Add(time.Duration(hours) * time.Hour)
		report.ExpectedDeliveryTime = timestamppb.New(s.wait)
	}
	choice := rapid.SampledFrom(everyChoice).Draw(r, "policy")
	if choice == orderv1.Shortage_CANCEL || choice == orderv1.Shortage_SUBSTITUTE && s.substitute != "" {
		s.otherwise = choice
	}
	within := time.Duration(rapid.IntRange(1, 30).Draw(r, "within")) * time.Hour
	s.deadline = m.now.Add(within)
	_, err := m.shortages().UpdateShortagePolicy(m.agent(), &orderv1.UpdateShortagePolicyRequest{
		ShortagePolicy: &orderv1.ShortagePolicy{
			Name: "shortagePolicy", DefaultChoice: choice, AnswerDuration: durationpb.New(within),
		},
	})
	require.NoError(r, err)
	made, err := m.fixture.report(m.order, report)
	m.agree(r, m.plain.report(s), err)
	if err == nil {
		m.names = append(m.names, made.GetName())
	}
}

func (m *machine) shortages() orderv1.ShortageServiceServer { return m.fixture.shortages }

func (m *machine) answers(r *rapid.T) {
	if len(m.names) == 0 {
		r.Skip("nothing is missing")
	}
	i := rapid.IntRange(0, len(m.names)-1).Draw(r, "shortage")
	choice := rapid.SampledFrom(everyChoice).Draw(r, "choice")
	_, err := m.fixture.answer(m.customer(), &orderv1.Shortage{Name: m.names[i]}, choice)
	m.agree(r, m.plain.answer(m.plain.shortages[i], choice), err)
}

func (m *machine) passes(r *rapid.T) {
	by := time.Duration(rapid.IntRange(1, 16).Draw(r, "hours")) * time.Hour
	m.clock.pass(by)
	m.work()
	m.plain.pass(by)
}

func (m *machine) adjusts(r *rapid.T) {
	product := m.any(r)
	delta := rapid.Int64Range(max(-4, -m.shelf[product].onHand), 4).Filter(func(n int64) bool { return n != 0 }).Draw(r, "delta")
	_, err := m.fixture.stock.AdjustStock(m.agent(), &orderv1.AdjustStockRequest{
		Name: product + "/stock", QuantityDelta: delta, Reason: "delivery",
	})
	m.agree(r, m.plain.adjust(product, delta), err)
}

// movesOn takes the order a step further, in its order or out of it.
func (m *machine) movesOn(r *rapid.T) {
	name := m.order.GetName()
	var err error
	var model string
	switch step := rapid.SampledFrom([]string{"pick", "pick", "pick", "ship", "ship", "deliver", "deliver", "return", "cancel"}).Draw(r, "step"); step {
	case "pick":
		model, err = m.plain.pick(), m.fixture.pick(m.order)
	case "ship":
		_, err = m.fulfillment.ShipOrder(m.agent(), &orderv1.ShipOrderRequest{Name: name})
		model = m.ship()
	case "deliver":
		_, err = m.fulfillment.DeliverOrder(m.agent(), &orderv1.DeliverOrderRequest{Name: name})
		model = m.deliver()
	case "return":
		_, err = m.fulfillment.ReturnOrder(m.agent(), &orderv1.ReturnOrderRequest{Name: name, Reason: "Too small"})
		model = m.sendBack()
	case "cancel":
		if rapid.IntRange(0, 3).Draw(r, "really") > 0 {
			r.Skip("not often")
		}
		_, err = m.orders.CancelOrder(m.customer(), &orderv1.CancelOrderRequest{Name: name, Reason: "No"})
		model = m.cancel()
	}
	m.agree(r, model, err)
}

// book warns of the promise, or asks about it when its time has come.
func (m *machine) book(r *rapid.T) {
	o := m.get(m.order.GetName())
	if !m.now.Before(m.promised) {
		m.overdue(o.GetPromise(), o.GetName())
		m.due()
		return
	}
	m.hear(o.GetPromise(), &promisev1.PromiseAtRisk{
		Promise: o.GetPromise(), About: o.GetName(), Service: "order", DueTime: o.GetPromisedDeliveryTime(),
	})
	m.atRisk()
}

// compare holds the books against the model.
func (m *machine) compare(r *rapid.T) {
	o := m.get(m.order.GetName())
	require.Equal(r, fmt.Sprint(m.state, m.promise, m.promised, m.expected), fmt.Sprint(o.GetState(), o.GetPromiseState(),
		o.GetPromisedDeliveryTime().AsTime(), o.GetExpectedDeliveryTime().AsTime()), "the order")
	require.Equal(r, m.goods+m.fee, cents(o.GetTotalAmount()), "charged")
	require.Equal(r, m.refunded(), cents(o.GetRefundedAmount()), "refunded")
	m.compareLines(r, o)
	m.compareRefunds(r)
	for product, shelf := range m.shelf {
		s := m.stockOf(product)
		require.Equal(r, [2]int64{shelf.onHand, shelf.held}, [2]int64{s.GetOnHandQuantity(), s.GetHeldQuantity()}, "on hand and held")
	}
	for i, s := range m.plain.shortages {
		read, err := m.shortages().GetShortage(m.customer(), &orderv1.GetShortageRequest{Name: m.names[i]})
		require.NoError(r, err)
		require.Equal(r, fmt.Sprint(s.state, s.choice), fmt.Sprint(read.GetState(), read.GetChoice()), "shortage")
	}
}

func (m *machine) compareLines(r *rapid.T, o *orderv1.Order) {
	require.Len(r, o.GetLines(), len(m.lines))
	for i, line := range o.GetLines() {
		var quantity, missing int64
		for _, u := range m.units {
			if u.line == i {
				quantity++
			}
			if u.line == i && u.gone {
				missing++
			}
		}
		want := m.lines[i]
		require.Equal(r, fmt.Sprint(want.product, want.insteadOf, want.price, quantity, missing), fmt.Sprint(line.GetProduct(),
			line.GetReplacedProduct(), cents(line.GetUnitPrice()), line.GetQuantity(), line.GetMissingQuantity()), "line %d", i)
	}
}

// compareRefunds compares what came back by purpose; that of shortages in all.
func (m *machine) compareRefunds(r *rapid.T) {
	want, got := map[string]int64{}, map[string]int64{}
	for what, amount := range m.back {
		if len(what) > 8 && what[:8] == "shortage" {
			what = "SHORTAGE"
		}
		if amount > 0 {
			want[map[string]string{"speed-fee": "SPEED_FEE", "cancellation": "CANCELLATION", "return": "RETURN", "SHORTAGE": "SHORTAGE"}[what]] += amount
		}
	}
	for _, refund := range m.refunds(m.order.GetName()) {
		got[refund.GetPurpose().String()] += cents(refund.GetAmount())
	}
	require.Equal(r, want, got, "refunds")
}
