package loyalty_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// TestLedgerFollowsTheModel plays orders, returns, promises and gifts, in any order, again and at once, and proves the
// books after every step. All checks use one database, each with customers of its own: the books as a whole have to stay right.
func TestLedgerFollowsTheModel(t *testing.T) {
	for _, dialect := range kittest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			h := newFixture(t, kittest.Open(t, impatient(t, dialect)))
			h.createProgram("euro", 3, "EUR")
			rapid.Check(t, func(rt *rapid.T) {
				m := newMachine(rt, h)
				rt.Repeat(map[string]func(*rapid.T){
					"":        m.prove,
					"event":   m.event,
					"again":   m.again,
					"gift":    m.gift,
					"retry":   m.retry,
					"rate":    m.rate,
					"at once": m.atOnce,
				})
				m.compare(rt, m.model.holders()...)
			})
		})
	}
}

// impatient is a new database that finds deadlocks at once. Batches of events lock accounts in the order in which the
// events come, so some are tried again; that has to be right, and need not be waited for here.
func impatient(t *testing.T, dialect string) string {
	url := kittest.NewURL(t, dialect)
	if dialect == "postgres" {
		url += "?deadlock_timeout=10ms"
	}
	return url
}

// machine does to the service what it does to the model.
type machine struct {
	service   *fixture
	model     *model
	customers []string
	said      []saying
	gifts     []given
}

// saying is an event and what it means for the model.
type saying struct {
	subject string
	message proto.Message
	apply   func(*model)
	event   event.Event
}

// given is a gift under a key, and the answer to it.
type given struct {
	key    string
	holder modelHolder
	req    *loyaltyv1.CreditGoodwillRequest
	answer *loyaltyv1.Posting
}

func newMachine(t *rapid.T, h *fixture) *machine {
	m := &machine{service: h, model: newModel()}
	prefix := id.New()
	h.people.know(func(name string) bool { return slices.Contains(m.customers, name[len("customers/"):]) })
	for i := range 3 {
		m.customers = append(m.customers, fmt.Sprintf("%s-%d", prefix, i))
	}
	for i := range 4 {
		m.model.orders[fmt.Sprintf("%s-%d", prefix, i)] = &modelOrder{
			customer: m.customers[i%len(m.customers)],
			cents:    rapid.Int64Range(0, 100_000).Draw(t, "cents"),
			currency: rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "currency"),
		}
	}
	h.setRate(t, 1)
	return m
}

// somebody draws a customer.
func (m *machine) somebody(t *rapid.T) string {
	return rapid.SampledFrom(m.customers).Draw(t, "customer")
}

func (m *machine) newSaying(t *rapid.T) saying {
	switch rapid.IntRange(0, 7).Draw(t, "what") {
	case 0:
		customer := m.somebody(t)
		return saying{
			subject: "customers/" + customer, message: &customerv1.CustomerCreated{Customer: "customers/" + customer},
			apply: func(to *model) { to.open(customer) },
		}
	case 1, 2:
		order := m.anOrder(t)
		return m.delivered(order)
	case 3:
		order := m.anOrder(t)
		return m.returned(order)
	case 4, 5:
		return m.ordersImported(t)
	case 6:
		return m.customersImported(t)
	default:
		return m.owed(t)
	}
}

func (m *machine) anOrder(t *rapid.T) string {
	orders := make([]string, 0, len(m.model.orders))
	for order := range m.model.orders {
		orders = append(orders, order)
	}
	slices.Sort(orders)
	return rapid.SampledFrom(orders).Draw(t, "order")
}

func (m *machine) delivered(order string) saying {
	o := m.model.orders[order]
	return saying{
		subject: "orders/" + order, apply: func(to *model) { to.deliver(order) },
		message: &orderv1.OrderDelivered{
			Order: "orders/" + order, Customer: "customers/" + o.customer,
			GoodsAmount: &money.Money{CurrencyCode: o.currency, Units: o.cents / 100, Nanos: int32(o.cents % 100 * 10_000_000)},
		},
	}
}

func (m *machine) returned(order string) saying {
	return saying{
		subject: "orders/" + order, apply: func(to *model) { to.giveBack(order) },
		message: &orderv1.OrderReturned{
			Order: "orders/" + order, Customer: "customers/" + m.model.orders[order].customer, Reason: "too small",
		},
	}
}

// owed is about one of two promises of a customer, each of which is always worth the same.
func (m *machine) owed(t *rapid.T) saying {
	customer := m.somebody(t)
	points := rapid.SampledFrom([]int64{0, 100}).Draw(t, "remedy")
	promise := fmt.Sprintf("%s-%d", customer, points)
	return saying{
		subject: "promises/" + promise, apply: func(to *model) { to.remedy(promise, customer, points, "orders/late") },
		message: &promisev1.RemedyRequired{
			Promise: "promises/" + promise, Customer: "customers/" + customer, About: "orders/late",
			Remedies: []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: points}},
		},
	}
}

// event has the service hear something new, perhaps of the same matter as before under another id.
func (m *machine) event(t *rapid.T) {
	s := m.newSaying(t)
	s.event = fact(m.service.t, s.subject, s.message)
	m.service.hear(s.event)
	s.apply(m.model)
	m.said = append(m.said, s)
}

// again has it hear the very same event again.
func (m *machine) again(t *rapid.T) {
	if len(m.said) == 0 {
		t.Skip("nothing has been said")
	}
	m.service.hear(rapid.SampledFrom(m.said).Draw(t, "said").event)
}

func (m *machine) newGift(t *rapid.T) given {
	h := modelHolder{rapid.SampledFrom([]string{"main", "euro"}).Draw(t, "program"), m.somebody(t)}
	return given{
		key: id.New(), holder: h,
		req: &loyaltyv1.CreditGoodwillRequest{
			Name: h.name(), Points: rapid.Int64Range(1, 1000).Draw(t, "points"), Reason: "for waiting", About: "cases/1",
		},
	}
}

func (m *machine) gift(t *rapid.T) {
	g := m.newGift(t)
	var err error
	g.answer, err = m.service.accounts.CreditGoodwill(keyed(m.service.agent(), g.key), g.req)
	require.NoError(t, err)
	m.model.goodwill(g.holder, g.req.GetPoints(), g.req.GetAbout())
	m.gifts = append(m.gifts, g)
}

// retry asks for a gift again, under its key: the answer is the same and nothing happens.
func (m *machine) retry(t *rapid.T) {
	if len(m.gifts) == 0 {
		t.Skip("nothing has been given")
	}
	g := rapid.SampledFrom(m.gifts).Draw(t, "gift")
	again, err := m.service.accounts.CreditGoodwill(keyed(m.service.agent(), g.key), g.req)
	require.NoError(t, err)
	require.True(t, proto.Equal(g.answer, again), "%v, then %v", g.answer, again)
}

// rate changes what is earned from now on.
func (m *machine) rate(t *rapid.T) {
	m.model.rates["main"] = rapid.Int64Range(0, 5).Draw(t, "rate")
	m.service.setRate(t, m.model.rates["main"])
}

// atOnce has two consumers hear the same events, each in its own order and some of them twice, while agents give, each
// gift asked for twice under one key.
func (m *machine) atOnce(t *rapid.T) {
	var events []event.Event
	for range rapid.IntRange(1, 8).Draw(t, "events") {
		s := m.newSaying(t)
		s.event = fact(m.service.t, s.subject, s.message)
		events = append(events, s.event)
		m.said = append(m.said, s)
		s.apply(m.model)
	}
	group := errgroup.Group{}
	for range 2 {
		mine := rapid.Permutation(append(slices.Clone(events), events[0])).Draw(t, "order")
		cut := rapid.IntRange(0, len(mine)).Draw(t, "cut")
		group.Go(func() error { return m.service.take(mine[:cut], mine[cut:]) })
	}
	for range rapid.IntRange(0, 4).Draw(t, "gifts") {
		g := m.newGift(t)
		m.model.goodwill(g.holder, g.req.GetPoints(), g.req.GetAbout())
		for range 2 {
			group.Go(func() error {
				_, err := m.service.accounts.CreditGoodwill(keyed(m.service.agent(), g.key), g.req)
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
	m.service.catchUp()
}

// prove proves the books, and compares what has changed with the model.
func (m *machine) prove(t *rapid.T) {
	for _, program := range []string{"main", "euro"} {
		proof := m.service.prove(program)
		require.True(t, proof.GetBalanced(), "%v", proof)
		require.Zero(t, proof.GetPostingSum())
		require.Equal(t, 2*proof.GetEntryCount(), proof.GetPostingCount())
	}
	m.compare(t, m.model.touched...)
	m.model.touched = nil
}

// compare compares accounts with the model.
func (m *machine) compare(t *rapid.T, holders ...modelHolder) {
	for _, holder := range holders {
		lines, balance := m.model.statement(holder)
		got, err := m.service.accounts.GetAccount(m.service.agent(), &loyaltyv1.GetAccountRequest{Name: holder.name()})
		require.NoError(t, err)
		require.Equal(t, balance, got.GetBalance(), holder)
		require.Equal(t, lines, m.service.statement(t, holder.name()), holder)
	}
}
