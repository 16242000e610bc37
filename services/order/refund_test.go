package order_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// owing is a cancelled order, and the refund that is owed for it.
func (h *fixture) owing() *orderv1.Refund {
	o := h.order(wanted{h.product(2500, 10), 2})
	cancelled, err := h.orders.CancelOrder(h.customer(), &orderv1.CancelOrderRequest{Name: o.GetName(), Reason: "No"})
	require.NoError(h.t, err)
	refunds := h.refunds(cancelled.GetName())
	require.Len(h.t, refunds, 1)
	return refunds[0]
}

// promiseOf tells how often the promise of a refund was said to be made, kept and broken.
func (h *fixture) promiseOf(r *orderv1.Refund) (made, kept, broken int) {
	return len(said(h, r.GetName(), &promisev1.PromiseMade{})), len(said(h, r.GetName(), &promisev1.PromiseKept{})),
		len(said(h, r.GetName(), &promisev1.PromiseBroken{}))
}

// requireAnswered requires that the promise was made once, and how it was answered.
func (h *fixture) requireAnswered(r *orderv1.Refund, kept, broken int) {
	made, k, b := h.promiseOf(r)
	require.Equal(h.t, [3]int{1, kept, broken}, [3]int{made, k, b}, "made, kept, broken")
}

func TestARefundIsAPromise(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		r := h.owing()
		order, _ := splitName(r.GetName())
		now := h.clock.Now()
		require.Regexp(t, "^promises/[A-Za-z0-9-]{1,64}$", r.GetPromise())
		require.True(t, proto.Equal(&orderv1.Refund{
			Name: "orders/" + order + "/refunds/cancellation", Purpose: orderv1.Refund_CANCELLATION, Amount: euros(5990),
			State: orderv1.Refund_PENDING, CreateTime: timestamppb.New(now), Promise: r.GetPromise(),
			PromisedSettleTime: timestamppb.New(now.Add(72 * time.Hour)),
		}, r), "%v", r)
		require.True(t, proto.Equal(&orderv1.RefundRequested{
			Refund: r.GetName(), Order: "orders/" + order, Customer: olena, Amount: euros(5990),
			Purpose: orderv1.Refund_CANCELLATION, PromisedSettleTime: r.GetPromisedSettleTime(),
		}, said(h, r.GetName(), &orderv1.RefundRequested{})[0]))
		require.True(t, proto.Equal(&promisev1.PromiseMade{
			Promise: r.GetPromise(), Customer: olena, Kind: "promiseKinds/refund", Service: "order", About: r.GetName(),
			DueTime: r.GetPromisedSettleTime(),
		}, said(h, r.GetName(), &promisev1.PromiseMade{})[0]))
		h.requireAnswered(r, 0, 0)

		h.clock.pass(time.Minute)
		h.work()
		settled := h.refunds("orders/" + order)[0]
		require.Equal(t, orderv1.Refund_SETTLED, settled.GetState())
		require.NotEmpty(t, settled.GetSettlementReference())
		require.True(t, proto.Equal(&orderv1.RefundSettled{
			Refund: r.GetName(), Order: "orders/" + order, Customer: olena, Amount: euros(5990), Purpose: orderv1.Refund_CANCELLATION,
		}, said(h, r.GetName(), &orderv1.RefundSettled{})[0]))
		require.True(t, proto.Equal(&promisev1.PromiseKept{
			Promise: r.GetPromise(), Customer: olena, About: r.GetName(), KeepTime: settled.GetSettleTime(),
			Kind: "promiseKinds/refund",
		}, said(h, r.GetName(), &promisev1.PromiseKept{})[0]))
		h.clock.pass(72 * time.Hour)
		h.overdue(r.GetPromise(), r.GetName()) // it was kept
		h.requireAnswered(r, 1, 0)
		h.audit()
	})
}

func TestARefundPromiseIsBrokenOnce(t *testing.T) {
	for name, asked := range map[string]bool{"asked before it is settled": true, "settled before anybody asks": false} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				r := h.owing()
				h.clock.pass(72*time.Hour + time.Second)
				if asked {
					h.overdue(r.GetPromise(), r.GetName())
					h.overdue(r.GetPromise(), r.GetName())
					h.requireAnswered(r, 0, 1)
				}
				h.work()
				h.overdue(r.GetPromise(), r.GetName())
				h.requireAnswered(r, 0, 1)
				broken := said(h, r.GetName(), &promisev1.PromiseBroken{})[0]
				require.True(t, proto.Equal(&promisev1.PromiseBroken{
					Promise: r.GetPromise(), Customer: olena, About: r.GetName(), Kind: "promiseKinds/refund",
					DueTime: r.GetPromisedSettleTime(), Cause: promisev1.PromiseBreachCause_NOT_REFUNDED,
				}, broken), "%v", broken)
				require.Len(t, said(h, r.GetName(), &orderv1.RefundSettled{}), 1, "it comes all the same, once")
				h.audit()
			})
		})
	}
}

func TestSettlingAndAskingAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for range 10 {
			r := h.owing()
			h.clock.pass(72 * time.Hour) // in time, to the microsecond
			results := together(
				func() error { _, err := h.worker.Round(context.WithoutCancel(t.Context())); return err },
				func() error { h.overdue(r.GetPromise(), r.GetName()); return nil },
			)
			require.NoError(t, results[0])
			h.work()
			_, kept, broken := h.promiseOf(r)
			require.Equal(t, 1, kept+broken, "one answer")
		}
		h.audit()
	})
}

func TestRefundsAreListedByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot, cup := h.product(2500, 10), h.product(2000, 10)
		o := h.order(wanted{pot, 2}, wanted{cup, 2})
		h.clock.pass(25 * time.Hour)
		h.overdue(o.GetPromise(), o.GetName())
		for _, product := range []string{pot, cup} {
			_, err := h.answer(h.customer(), h.missing(o, product, 1, ""), orderv1.Shortage_CANCEL)
			require.NoError(t, err)
		}
		all := h.refunds(o.GetName())
		require.Len(t, all, 3)
		request := &orderv1.ListRefundsRequest{Parent: o.GetName(), PageSize: 1}
		for i := range all {
			page, err := h.payment.ListRefunds(h.customer(), request)
			require.NoError(t, err)
			require.True(t, proto.Equal(all[i], page.GetRefunds()[0]))
			request.PageToken = page.GetNextPageToken()
		}
		require.Empty(t, request.GetPageToken())
		_, err := h.payment.ListRefunds(h.stranger(), &orderv1.ListRefundsRequest{Parent: o.GetName()})
		refused(t, "NOT_FOUND", err)
		h.audit()
	})
}

// move takes an order through steps of fulfillment.
func (h *fixture) move(o *orderv1.Order, steps ...string) (last *orderv1.Order, err error) {
	name := o.GetName()
	for _, step := range steps {
		switch step {
		case "pick":
			last, err = h.fulfillment.PickOrder(h.agent(), &orderv1.PickOrderRequest{Name: name})
		case "ship":
			last, err = h.fulfillment.ShipOrder(h.agent(), &orderv1.ShipOrderRequest{Name: name})
		case "deliver":
			last, err = h.fulfillment.DeliverOrder(h.agent(), &orderv1.DeliverOrderRequest{Name: name})
		case "return":
			last, err = h.fulfillment.ReturnOrder(h.agent(), &orderv1.ReturnOrderRequest{Name: name, Reason: " Too small "})
		case "cancel":
			last, err = h.orders.CancelOrder(h.customer(), &orderv1.CancelOrderRequest{Name: name, Reason: "No"})
		}
		if err != nil {
			return nil, err
		}
		require.True(h.t, proto.Equal(last, h.get(name)), "what was answered is what is read")
		h.clock.pass(time.Minute)
	}
	return last, err
}

func TestWhatWasPaidForTheGoodsThatCame(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot, cup := h.product(2500, 10), h.product(2000, 10)
		o := h.order(wanted{pot, 3}, wanted{cup, 1})
		_, err := h.answer(h.customer(), h.missing(o, pot, 2, cup), orderv1.Shortage_SUBSTITUTE)
		require.NoError(t, err)
		_, err = h.answer(h.customer(), h.missing(o, cup, 1, ""), orderv1.Shortage_CANCEL)
		require.NoError(t, err)
		_, err = h.move(o, "pick", "ship", "deliver")
		require.NoError(t, err)
		h.audit()
		require.EqualValues(t, 9500-1000-2000, cents(said(h, o.GetName(), &orderv1.OrderDelivered{})[0].GetGoodsAmount()))
		h.requireStock(pot, 7, 0)
		h.requireStock(cup, 7, 0)

		returned, err := h.move(o, "return")
		require.NoError(t, err)
		require.Equal(t, "RETURNED Too small KEPT",
			returned.GetState().String()+" "+returned.GetReturnReason()+" "+returned.GetPromiseState().String())
		require.NotNil(t, returned.GetReturnTime())
		require.EqualValues(t, 9500, cents(returned.GetRefundedAmount()), "all but what was paid for speed")
		told := said(h, o.GetName(), &orderv1.OrderReturned{})[0]
		units, lines := int64(0), int64(0)
		for _, l := range told.GetLines() {
			units, lines = units+l.GetQuantity(), lines+cents(l.GetAmount())
		}
		require.EqualValues(t, 3, units, "one pot and two cups had come")
		require.EqualValues(t, 6500, lines, "what they had cost")
		told.Lines = nil
		require.True(t, proto.Equal(&orderv1.OrderReturned{
			Order: o.GetName(), Customer: olena, Reason: "Too small", GoodsAmount: euros(6500),
		}, told))
		h.requireStock(pot, 8, 0)
		h.requireStock(cup, 9, 0)
		h.work()
		h.audit()
	})
}

func TestEachStepInItsState(t *testing.T) {
	reasons := map[string]string{
		"pick": "ORDER_NOT_PLACED", "ship": "ORDER_NOT_PICKED", "deliver": "ORDER_NOT_SHIPPED", "return": "ORDER_NOT_DELIVERED",
		"cancel": "ORDER_NOT_CANCELLABLE",
	}
	onBoth(t, func(t *testing.T, h *fixture) {
		for _, c := range []struct{ way, may []string }{
			{nil, []string{"pick", "cancel"}},
			{[]string{"pick"}, []string{"ship", "cancel"}},
			{[]string{"pick", "ship"}, []string{"deliver"}},
			{[]string{"pick", "ship", "deliver"}, []string{"return"}},
			{[]string{"pick", "ship", "deliver", "return"}, nil},
			{[]string{"cancel"}, nil},
			{[]string{"pick", "cancel"}, nil},
		} {
			o := h.order(wanted{h.product(2500, 10), 2})
			_, err := h.move(o, c.way...)
			require.NoError(t, err)
			for step, reason := range reasons {
				if !slices.Contains(c.may, step) {
					_, err := h.move(o, step)
					refused(t, reason, err)
				}
			}
		}
		for step := range reasons {
			_, err := h.move(&orderv1.Order{Name: "orders/none"}, step)
			refused(t, "NOT_FOUND", err)
		}
		h.audit()
	})
}

func TestWhoPlacedAnOrderAndHow(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		o := h.order(wanted{h.product(2500, 10), 1})
		require.True(t, proto.Equal(&typepb.Actor{Role: accessv1.Role_ROLE_AGENT, Principal: "agents/anna"}, o.GetCreator()), "%v", o)
		placed := said(h, o.GetName(), &orderv1.OrderPlaced{})[0]
		require.Len(t, placed.GetLines(), 1)
		require.True(t, proto.Equal(&orderv1.OrderedLine{
			Product: o.GetLines()[0].GetProduct(), Quantity: 1, Amount: o.GetLines()[0].GetAmount(),
		}, placed.GetLines()[0]))
		require.Equal(t, typepb.Channel_PHONE, placed.GetChannel())
		own, err := h.orders.CreateOrder(h.customer(), &orderv1.CreateOrderRequest{Order: &orderv1.Order{
			Customer: olena, DeliveryOption: o.GetDeliveryOption(), Lines: []*orderv1.Order_Line{{Product: o.GetLines()[0].GetProduct(), Quantity: 1}},
			Creator: &typepb.Actor{Principal: "agents/forged"}, ReturnReason: "forged", ReturnTime: timestamppb.New(h.clock.Now()),
		}})
		require.NoError(t, err)
		require.True(t, own.GetCreator().GetPrincipal() == olena && own.GetReturnReason() == "" && own.GetReturnTime() == nil, "%v", own)
		require.True(t, proto.Equal(own, h.get(own.GetName())))
	})
}
