package order_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var everyChoice = []orderv1.Shortage_Choice{orderv1.Shortage_WAIT, orderv1.Shortage_SUBSTITUTE, orderv1.Shortage_CANCEL}

// together does everything at the same moment and returns the errors in the same order.
func together(all ...func() error) []error {
	results := make([]error, len(all))
	start := make(chan struct{})
	var crowd sync.WaitGroup
	for i, do := range all {
		crowd.Go(func() {
			<-start
			results[i] = do()
		})
	}
	close(start)
	crowd.Wait()
	return results
}

// winners counts those who succeeded; the others must have been refused for the reason.
func winners(t *testing.T, results []error, reason string) (won int) {
	t.Helper()
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		refused(t, reason, err)
	}
	return won
}

const answerMethod = "/kept.order.v1.ShortageService/AnswerShortage"

func TestOneOfManyAnswersCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for range 5 {
			l := h.lacking(1)
			const callers = 18
			answers := make([]*orderv1.Shortage, callers)
			var all []func() error
			for i := range callers {
				ctx, _ := keyed(h.customer(), answerMethod, fmt.Sprint(l.shortage.GetName(), i))
				all = append(all, func() (err error) {
					answers[i], err = h.answer(ctx, l.shortage, everyChoice[i%3])
					return err
				})
			}
			results := together(all...)
			require.Equal(t, 1, winners(t, results, "SHORTAGE_ANSWERED"))
			h.audit()
			for i, err := range results {
				ctx, back := keyed(h.customer(), answerMethod, fmt.Sprint(l.shortage.GetName(), i))
				again, repeated := h.answer(ctx, l.shortage, everyChoice[i%3])
				if err != nil {
					refused(t, "SHORTAGE_ANSWERED", repeated)
					continue
				}
				require.NoError(t, repeated)
				require.True(t, back.replayed.Load())
				require.True(t, proto.Equal(answers[i], again), "who won is answered alike")
			}
			h.audit()
		}
	})
}

func TestOneAnswerManyTimes(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(2)
		var all []func() error
		for range 12 {
			ctx, _ := keyed(h.customer(), answerMethod, "action/1/cancel")
			all = append(all, func() error {
				s, err := h.answer(ctx, l.shortage, orderv1.Shortage_CANCEL)
				if err == nil && s.GetChoice() != orderv1.Shortage_CANCEL {
					return fmt.Errorf("another answer: %v", s)
				}
				return err
			})
		}
		require.Equal(t, 12, winners(t, together(all...), ""))
		require.Len(t, said(h, l.order.GetName(), &orderv1.ShortageAnswered{}), 1)
		h.audit()
	})
}

func TestAnAnswerOfTheLastMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		defaulted, chosen := 0, 0
		for i := range 30 {
			l := h.lacking(2)
			h.clock.pass(24 * time.Hour)
			answers := []func() error{
				func() error { _, err := h.worker.Round(context.WithoutCancel(t.Context())); return err },
				func() error { _, err := h.answer(h.customer(), l.shortage, everyChoice[i%3]); return err },
			}
			results := together(answers...)
			require.NoError(t, results[0])
			h.work()
			if results[1] == nil {
				chosen++
			} else {
				refused(t, "SHORTAGE_ANSWERED", results[1])
				defaulted++
			}
			facts := said(h, l.order.GetName(), &orderv1.ShortageAnswered{})
			require.Len(t, facts, 1)
			require.Equal(t, results[1] != nil, facts[0].GetDefaulted())
		}
		t.Logf("%d by default, %d chosen", defaulted, chosen)
		h.audit()
	})
}

func TestCancellingAndAnsweringAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for i := range 20 {
			l := h.lacking(1 + int64(i%2))
			results := together(
				func() error { _, err := h.answer(h.customer(), l.shortage, everyChoice[i%3]); return err },
				func() error {
					_, err := h.orders.CancelOrder(h.customer(), &orderv1.CancelOrderRequest{Name: l.order.GetName(), Reason: "No"})
					return err
				},
			)
			if results[0] != nil {
				refused(t, "SHORTAGE_ANSWERED", results[0])
				require.NoError(t, results[1])
			}
			if results[1] != nil { // the answer had called off all there was
				refused(t, "ORDER_NOT_CANCELLABLE", results[1])
				require.True(t, everyChoice[i%3] == orderv1.Shortage_CANCEL && i%2 == 1)
			}
			require.Equal(t, orderv1.Order_CANCELLED, h.get(l.order.GetName()).GetState())
			require.Len(t, said(h, l.order.GetName(), &orderv1.OrderCancelled{}), 1)
			h.requireStock(l.cup, 5, 0)
			h.audit()
		}
	})
}

// Two answers that call off half an order each call off the whole.
func TestTwoShortagesAnsweredAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for i := range 15 {
			pot, cup := h.product(2500, 10), h.product(2000, 10)
			o := h.order(wanted{pot, 2}, wanted{cup, 1})
			one, other := h.missing(o, pot, 2, ""), h.missing(o, cup, 1, "")
			at := map[bool]func(...func() error) []error{true: together, false: h.sharing}[i < 5]
			for _, err := range at(
				func() error { _, err := h.answer(h.customer(), one, orderv1.Shortage_CANCEL); return err },
				func() error { _, err := h.answer(h.customer(), other, orderv1.Shortage_CANCEL); return err },
			) {
				require.NoError(t, err)
			}
			require.Equal(t, orderv1.Order_CANCELLED, h.get(o.GetName()).GetState())
			require.Len(t, said(h, o.GetName(), &orderv1.OrderCancelled{}), 1)
			h.audit()
		}
	})
}

func TestTheSameReportedByManyIsAskedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for range 5 {
			pot := h.product(2500, 10)
			o := h.order(wanted{pot, 10})
			var all []func() error
			for range 8 {
				all = append(all, func() error {
					_, err := h.report(o, &orderv1.Shortage{Product: pot, Quantity: 1, Reason: "Gone"})
					return err
				})
			}
			require.Equal(t, 1, winners(t, together(all...), "SHORTAGE_OPEN"))
			h.requireStock(pot, 9, 9)
			h.audit()
		}
	})
}

func TestAnOrderIsPickedWholeOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for range 20 {
			pot := h.product(2500, 10)
			o := h.order(wanted{pot, 2})
			results := together(
				func() error { return h.pick(o) },
				func() error {
					_, err := h.report(o, &orderv1.Shortage{Product: pot, Quantity: 1, Reason: "Gone"})
					return err
				},
			)
			if results[0] == nil {
				refused(t, "ORDER_NOT_PLACED", results[1])
			} else {
				refused(t, "ORDER_INCOMPLETE", results[0])
				require.NoError(t, results[1])
			}
			h.audit()
		}
	})
}

// storm is several orders for the same few products, about which everything happens at once.
type storm struct {
	*fixture
	products []string
	orders   []*orderv1.Order
}

func (s storm) any() *orderv1.Order { return s.orders[rand.IntN(len(s.orders))] }

func (s storm) product() string { return s.products[rand.IntN(len(s.products))] }

// one does something to some order.
func (s storm) one() error {
	o := s.any()
	var err error
	switch n := rand.IntN(100); {
	case n < 35:
		_, err = s.report(o, &orderv1.Shortage{
			Product: s.product(), Quantity: rand.Int64N(3) + 1, Reason: "Gone", Substitute: s.product(),
			ExpectedDeliveryTime: s.orders[0].GetPromisedDeliveryTime(),
		})
	case n < 70:
		err = s.anyAnswer(o)
	case n < 72:
		_, err = s.fixture.orders.CancelOrder(s.customer(), &orderv1.CancelOrderRequest{Name: o.GetName(), Reason: "No"})
	case n < 75:
		err = s.pick(o)
	case n < 95:
		_, err = s.stock.AdjustStock(s.agent(), &orderv1.AdjustStockRequest{
			Name: s.product() + "/stock", QuantityDelta: rand.Int64N(4) + 1, Reason: "delivery",
		})
	default:
		_, err = s.worker.Round(context.WithoutCancel(s.t.Context()))
	}
	return err
}

func (s storm) anyAnswer(o *orderv1.Order) error {
	list, err := s.shortages.ListShortages(s.agent(), &orderv1.ListShortagesRequest{Parent: o.GetName()})
	if err != nil || len(list.GetShortages()) == 0 {
		return err
	}
	_, err = s.answer(s.customer(), list.GetShortages()[rand.IntN(len(list.GetShortages()))], everyChoice[rand.IntN(3)])
	return err
}

// TestAStorm lets everything happen at once; afterwards the books are in order. Whoever was refused was told why.
func TestAStorm(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for range 3 {
			s := storm{fixture: h}
			for range 3 {
				s.products = append(s.products, h.product(rand.Int64N(3000), 200))
			}
			for range 6 {
				s.orders = append(s.orders, h.order(wanted{s.products[0], 9}, wanted{s.products[1], 9}, wanted{s.products[2], 9}))
			}
			for range 12 {
				var all []func() error
				for range 16 {
					all = append(all, s.one)
				}
				for _, err := range together(all...) {
					if code := errs.KindOf(err); code != codes.OK && code != codes.FailedPrecondition && code != codes.InvalidArgument {
						require.NoError(t, err)
					}
				}
				h.audit()
			}
			h.clock.pass(24 * time.Hour)
			h.work()
			h.audit()
		}
		t.Log(kittest.Number(t, h.db, `select count(*) from shortage`), "shortages,",
			kittest.Number(t, h.db, `select count(*) from shortage where choice = 1`), "waited for")
	})
}
