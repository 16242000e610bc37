package order_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// sharing has the callers come while everybody who writes is busy, so that they share a transaction: on PostgreSQL their
// statements then alternate, round trip by round trip.
func (h *fixture) sharing(all ...func() error) []error {
	writers := map[string]int{"sqlite": 1, "postgres": 2}[h.db.Dialect()]
	free := make(chan struct{})
	var busy []chan error
	for range writers {
		running, done := make(chan struct{}), make(chan error, 1)
		go func() {
			first := true
			done <- h.db.Update(h.t.Context(), "test", func(*sqldb.Tx) error {
				if first {
					close(running)
				}
				first = false
				<-free
				return nil
			})
		}()
		<-running
		busy = append(busy, done)
	}
	var waiting []func() error
	for _, do := range all {
		result := make(chan error, 1)
		go func() { result <- do() }()
		waiting = append(waiting, func() error { return <-result })
		<-time.After(2 * time.Millisecond) // so that it stands in the queue, in this order
	}
	close(free)
	for _, done := range busy {
		require.NoError(h.t, <-done)
	}
	results := make([]error, len(all))
	for i, wait := range waiting {
		results[i] = wait()
	}
	return results
}

// scene is an order about which much can be done at the same moment.
type scene struct {
	*fixture
	pot, cup, tea string
	order         *orderv1.Order
	open          []*orderv1.Shortage
}

// scenes are an order of which nothing is missing, and one that waits for some things while its customer is asked about others.
var scenes = map[string]func(h *fixture) *scene{
	"complete": newScene,
	"lacking": func(h *fixture) *scene {
		s := newScene(h)
		waited := s.missing(s.order, s.cup, 1, "")
		_, err := s.answer(s.customer(), waited, orderv1.Shortage_WAIT)
		require.NoError(s.t, err)
		s.open = append(s.open, s.missing(s.order, s.pot, 2, s.cup), s.missing(s.order, s.cup, 2, s.tea))
		return s
	},
}

func newScene(h *fixture) *scene {
	s := &scene{fixture: h, pot: h.product(2500, 20), cup: h.product(2000, 20), tea: h.product(100, 20)}
	s.order = h.order(wanted{s.pot, 2}, wanted{s.cup, 4})
	return s
}

func (s *scene) chooses(index int, choice orderv1.Shortage_Choice) func() error {
	return func() error {
		_, err := s.answer(s.customer(), s.open[index], choice)
		return err
	}
}

func (s *scene) reports(product string) func() error {
	return func() error {
		_, err := s.report(s.order, &orderv1.Shortage{Product: product, Quantity: 1, Reason: "Gone", Substitute: s.tea})
		return err
	}
}

func (s *scene) restocks(product string) func() error {
	return func() error {
		_, err := s.stock.AdjustStock(s.agent(), &orderv1.AdjustStockRequest{
			Name: product + "/stock", QuantityDelta: 2, Reason: "delivery",
		})
		return err
	}
}

// deeds are all that can be done.
func (s *scene) deeds() map[string]func() error {
	all := map[string]func() error{
		"report pots": s.reports(s.pot), "report cups": s.reports(s.cup), "pick": func() error { return s.pick(s.order) },
		"cancel": func() error {
			_, err := s.orders.CancelOrder(s.customer(), &orderv1.CancelOrderRequest{Name: s.order.GetName(), Reason: "No"})
			return err
		},
	}
	if len(s.open) > 0 {
		maps.Copy(all, map[string]func() error{
			"wait for pots": s.chooses(0, orderv1.Shortage_WAIT), "cups for pots": s.chooses(0, orderv1.Shortage_SUBSTITUTE),
			"no pots": s.chooses(0, orderv1.Shortage_CANCEL), "no cups": s.chooses(1, orderv1.Shortage_CANCEL),
			"wait for cups": s.chooses(1, orderv1.Shortage_WAIT),
			"pots come":     s.restocks(s.pot), "cups come": s.restocks(s.cup),
		})
	}
	return all
}

// TestThoseWhoShareATransaction lets any two things happen to an order in one transaction: each is done wholly, or refused, and
// the second sees what the first did.
func TestThoseWhoShareATransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for name, set := range scenes {
			deeds := slices.Sorted(maps.Keys(set(h).deeds()))
			for _, first := range deeds {
				for _, second := range deeds {
					s := set(h)
					what := name + ": " + first + ", " + second
					h.about(what, s.order.GetName(), s.pot, s.cup, s.tea)
					for _, err := range s.sharing(s.deeds()[first], s.deeds()[second]) {
						code := errs.KindOf(err)
						require.True(t, code == codes.OK || code == codes.FailedPrecondition || code == codes.InvalidArgument, "%s: %v", what, err)
					}
				}
			}
		}
		h.audit()
		h.clock.pass(24 * time.Hour)
		h.work()
		h.audit()
		t.Log(kittest.Number(t, h.db, `select count(*) from orders`), "orders")
	})
}
