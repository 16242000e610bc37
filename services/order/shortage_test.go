package order_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/kittest"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// lacking is an order of which something is missing: of two pots at 25.00, with cups at 20.00 to stand in for them.
type lacking struct {
	*fixture
	pot, cup string
	order    *orderv1.Order
	shortage *orderv1.Shortage
}

func (h *fixture) lacking(missing int64) lacking {
	l := lacking{fixture: h, pot: h.product(2500, 10), cup: h.product(2000, 5)}
	l.order = h.order(wanted{l.pot, 2})
	l.shortage = h.missing(l.order, l.pot, missing, l.cup)
	return l
}

const threeDays = 72 * time.Hour

// missing reports units missing, which can come in three days, or something else instead.
func (h *fixture) missing(o *orderv1.Order, product string, units int64, substitute string) *orderv1.Shortage {
	s, err := h.report(o, &orderv1.Shortage{
		Product: product, Quantity: units, Reason: " Broken in the warehouse ", Substitute: substitute,
		ExpectedDeliveryTime: timestamppb.New(h.clock.Now().Add(threeDays)),
	})
	require.NoError(h.t, err)
	return s
}

func (h *fixture) report(o *orderv1.Order, s *orderv1.Shortage) (*orderv1.Shortage, error) {
	return h.shortages.CreateShortage(h.agent(), &orderv1.CreateShortageRequest{Parent: o.GetName(), Shortage: s})
}

func (h *fixture) answer(ctx context.Context, s *orderv1.Shortage, choice orderv1.Shortage_Choice) (*orderv1.Shortage, error) {
	return h.shortages.AnswerShortage(ctx, &orderv1.AnswerShortageRequest{Name: s.GetName(), Choice: choice})
}

func (h *fixture) pick(o *orderv1.Order) error {
	_, err := h.fulfillment.PickOrder(h.agent(), &orderv1.PickOrderRequest{Name: o.GetName()})
	return err
}

// requireStock requires how many units are on hand and held.
func (h *fixture) requireStock(product string, onHand, held int64) {
	s := h.stockOf(product)
	require.Equal(h.t, [2]int64{onHand, held}, [2]int64{s.GetOnHandQuantity(), s.GetHeldQuantity()}, "on hand and held")
}

func TestTheCustomerIsAskedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(2)
		now := h.clock.Now()
		require.True(t, proto.Equal(&orderv1.Shortage{
			Name: l.shortage.GetName(), Product: l.pot, Quantity: 2, Reason: "Broken in the warehouse",
			ExpectedDeliveryTime: timestamppb.New(now.Add(threeDays)), Substitute: l.cup,
			Choices: []orderv1.Shortage_Choice{orderv1.Shortage_WAIT, orderv1.Shortage_SUBSTITUTE, orderv1.Shortage_CANCEL},
			State:   orderv1.Shortage_OPEN, AnswerDueTime: timestamppb.New(now.Add(24 * time.Hour)),
			DefaultChoice: orderv1.Shortage_WAIT, CreateTime: timestamppb.New(now),
		}, l.shortage), "%v", l.shortage)
		facts := said(h, l.order.GetName(), &orderv1.ShortageReported{})
		require.Len(t, facts, 1)
		require.True(t, proto.Equal(&orderv1.ShortageReported{
			Shortage: l.shortage.GetName(), Order: l.order.GetName(), Customer: olena, Product: l.pot,
			ProductDisplayName: "Product " + l.pot[len("products/"):], Quantity: 2, Reason: "Broken in the warehouse",
			ExpectedDeliveryTime: l.shortage.GetExpectedDeliveryTime(), Substitute: l.cup, SubstituteDisplayName: "Product " + l.cup[len("products/"):],
			Choices: l.shortage.GetChoices(), DefaultChoice: orderv1.Shortage_WAIT, AnswerDueTime: l.shortage.GetAnswerDueTime(),
		}, facts[0]), "%v", facts[0])
		h.requireStock(l.pot, 8, 0)
		h.requireStock(l.cup, 5, 2)
		refused(t, "ORDER_INCOMPLETE", h.pick(l.order))
		read, err := h.shortages.GetShortage(h.customer(), &orderv1.GetShortageRequest{Name: l.shortage.GetName()})
		require.NoError(t, err)
		require.True(t, proto.Equal(l.shortage, read), "what was answered is what is read")
		h.audit()
	})
}

func TestReportsThatAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot, cup, tea := h.product(2500, 10), h.product(2000, 1), h.product(100, 10)
		foreign := h.productIn(&money.Money{CurrencyCode: "UAH", Units: 100}, "uah"+pot[len("products/x"):], 10)
		o := h.order(wanted{pot, 3})
		good := func(change func(*orderv1.Shortage)) *orderv1.Shortage {
			s := &orderv1.Shortage{Product: pot, Quantity: 2, Reason: "Gone"}
			change(s)
			return s
		}
		for name, c := range map[string]struct {
			shortage *orderv1.Shortage
			reason   string
			field    string
		}{
			"another product":     {good(func(s *orderv1.Shortage) { s.Product = tea }), "INVALID_REQUEST", "shortage.product"},
			"no product":          {good(func(s *orderv1.Shortage) { s.Product = "products/none" }), "INVALID_REQUEST", "shortage.product"},
			"too many":            {good(func(s *orderv1.Shortage) { s.Quantity = 4 }), "INVALID_REQUEST", "shortage.quantity"},
			"now":                 {good(func(s *orderv1.Shortage) { s.ExpectedDeliveryTime = timestamppb.New(h.clock.Now()) }), "INVALID_REQUEST", "shortage.expected_delivery_time"},
			"itself":              {good(func(s *orderv1.Shortage) { s.Substitute = pot }), "INVALID_REQUEST", "shortage.substitute"},
			"unknown substitute":  {good(func(s *orderv1.Shortage) { s.Substitute = "products/none" }), "INVALID_REQUEST", "shortage.substitute"},
			"other currency":      {good(func(s *orderv1.Shortage) { s.Substitute = foreign }), "INVALID_REQUEST", "shortage.substitute"},
			"too few substitutes": {good(func(s *orderv1.Shortage) { s.Substitute = cup }), "OUT_OF_STOCK", "not 2 of"},
		} {
			_, err := h.report(o, c.shortage)
			refused(t, c.reason, err)
			require.ErrorContains(t, err, c.field, name)
		}
		_, err := h.report(&orderv1.Order{Name: "orders/none"}, good(func(*orderv1.Shortage) {}))
		refused(t, "NOT_FOUND", err)
		h.missing(o, pot, 1, "")
		_, err = h.report(o, good(func(s *orderv1.Shortage) { s.Quantity = 1 }))
		refused(t, "SHORTAGE_OPEN", err)
		whole := h.order(wanted{pot, 1})
		require.NoError(t, h.pick(whole))
		_, err = h.report(whole, good(func(s *orderv1.Shortage) { s.Quantity = 1 }))
		refused(t, "ORDER_NOT_PLACED", err)
		require.EqualValues(t, 1, kittest.Number(t, h.db, `select count(*) from shortage`), "refused reports leave nothing behind")
		h.audit()
	})
}

func TestWhoWaitsHasANewPromise(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(2)
		h.clock.pass(time.Hour)
		s, err := h.answer(h.customer(), l.shortage, orderv1.Shortage_WAIT)
		require.NoError(t, err)
		require.Equal(t, "ANSWERED WAIT "+olena, s.GetState().String()+" "+s.GetChoice().String()+" "+s.GetAnsweredBy().GetPrincipal())
		require.Equal(t, h.clock.Now(), s.GetAnswerTime().AsTime())
		read, err := h.shortages.GetShortage(h.customer(), &orderv1.GetShortageRequest{Name: s.GetName()})
		require.NoError(t, err)
		require.True(t, proto.Equal(s, read), "what was answered is what is read")
		o := h.get(l.order.GetName())
		require.NotEqual(t, l.order.GetPromise(), o.GetPromise())
		require.Equal(t, orderv1.Order_OPEN, o.GetPromiseState())
		for _, at := range []*timestamppb.Timestamp{o.GetPromisedDeliveryTime(), o.GetExpectedDeliveryTime()} {
			require.True(t, proto.Equal(l.shortage.GetExpectedDeliveryTime(), at))
		}
		released := said(h, o.GetName(), &promisev1.PromiseReleased{})
		require.Len(t, released, 1)
		require.Equal(t, l.order.GetPromise(), released[0].GetPromise())
		made := said(h, o.GetName(), &promisev1.PromiseMade{})
		require.Len(t, made, 2)
		require.Equal(t, o.GetPromise()+" "+olena, made[1].GetPromise()+" "+made[1].GetCustomer())
		require.EqualValues(t, 990, cents(made[1].GetFee()), "the same fee")
		require.True(t, proto.Equal(l.shortage.GetExpectedDeliveryTime(), made[1].GetDueTime()))
		h.requireStock(l.cup, 5, 0)
		h.requireStock(l.pot, 8, 0)
		refused(t, "ORDER_INCOMPLETE", h.pick(l.order))
		h.audit()

		h.adjust(l.pot, 1)
		h.requireStock(l.pot, 9, 1)
		refused(t, "ORDER_INCOMPLETE", h.pick(l.order))
		h.adjust(l.pot, 3)
		h.requireStock(l.pot, 12, 2)
		require.NoError(t, h.pick(l.order))
		h.requireStock(l.pot, 10, 0)
		h.audit()
	})
}

func TestASubstituteNeverCostsMore(t *testing.T) {
	for name, c := range map[string]struct{ price, paid, back int64 }{
		"a cheaper one": {2000, 2000, 1000}, "a dearer one": {9900, 2500, 0}, "one that costs nothing": {0, 0, 5000},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				pot, other := h.product(2500, 10), h.product(c.price, 3)
				o := h.order(wanted{pot, 3})
				s := h.missing(o, pot, 2, other)
				_, err := h.answer(h.customer(), s, orderv1.Shortage_SUBSTITUTE)
				require.NoError(t, err)
				now := h.get(o.GetName())
				require.Len(t, now.GetLines(), 2)
				require.EqualValues(t, 2, now.GetLines()[0].GetMissingQuantity())
				require.True(t, proto.Equal(&orderv1.Order_Line{
					Product: other, Quantity: 2, UnitPrice: euros(c.paid), Amount: euros(2 * c.paid), ReplacedProduct: pot,
				}, now.GetLines()[1]), "%v", now.GetLines()[1])
				require.EqualValues(t, c.back, cents(now.GetRefundedAmount()))
				require.True(t, proto.Equal(o.GetTotalAmount(), now.GetTotalAmount()), "what was charged stays")
				refunds := h.refunds(o.GetName())
				if c.back == 0 {
					require.Empty(t, refunds)
				} else {
					_, id := splitName(s.GetName())
					require.Equal(t, o.GetName()+"/refunds/shortage-"+id, refunds[0].GetName())
					require.Equal(t, orderv1.Refund_SHORTAGE, refunds[0].GetPurpose())
				}
				require.EqualValues(t, c.back, cents(said(h, o.GetName(), &orderv1.ShortageAnswered{})[0].GetRefundedAmount()))
				h.requireStock(other, 3, 2)
				h.audit()
				require.NoError(t, h.pick(o))
				h.requireStock(other, 1, 0)
				h.requireStock(pot, 7, 0)
				h.audit()
			})
		})
	}
}

func TestWhatIsCalledOffComesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(1)
		_, err := h.answer(h.customer(), l.shortage, orderv1.Shortage_CANCEL)
		require.NoError(t, err)
		o := h.get(l.order.GetName())
		require.Equal(t, orderv1.Order_PLACED, o.GetState())
		require.EqualValues(t, 2500, cents(o.GetRefundedAmount()))
		require.Equal(t, l.order.GetPromise(), o.GetPromise(), "the promise for the rest stands")
		h.requireStock(l.cup, 5, 0)
		h.requireStock(l.pot, 9, 1)
		h.audit()
	})
}

func TestAnOrderOfWhichNothingIsLeftIsCalledOff(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(2)
		_, err := h.answer(h.customer(), l.shortage, orderv1.Shortage_CANCEL)
		require.NoError(t, err)
		o := h.get(l.order.GetName())
		require.Equal(t, "CANCELLED Broken in the warehouse RELEASED",
			o.GetState().String()+" "+o.GetCancelReason()+" "+o.GetPromiseState().String())
		require.True(t, proto.Equal(o.GetTotalAmount(), o.GetRefundedAmount()), "the speed fee, too")
		refunds := h.refunds(o.GetName())
		require.Len(t, refunds, 1)
		require.Equal(t, orderv1.Refund_CANCELLATION, refunds[0].GetPurpose())
		require.Len(t, said(h, o.GetName(), &orderv1.OrderCancelled{}), 1)
		answered := said(h, o.GetName(), &orderv1.ShortageAnswered{})
		require.Len(t, answered, 1)
		require.EqualValues(t, 5990, cents(answered[0].GetRefundedAmount()))
		require.Nil(t, answered[0].GetExpectedDeliveryTime())
		h.requireStock(l.cup, 5, 0)
		h.requireStock(l.pot, 8, 0)
		h.audit()
	})
}

func TestWithoutAnAnswerTheDefaultHolds(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(2)
		h.clock.pass(24*time.Hour - time.Microsecond)
		h.work()
		require.Empty(t, said(h, l.order.GetName(), &orderv1.ShortageAnswered{}), "not before the deadline")
		h.clock.pass(time.Microsecond)
		h.work()
		facts := said(h, l.order.GetName(), &orderv1.ShortageAnswered{})
		require.Len(t, facts, 1)
		require.True(t, facts[0].GetDefaulted())
		require.True(t, proto.Equal(l.shortage.GetExpectedDeliveryTime(), facts[0].GetExpectedDeliveryTime()))
		s, err := h.shortages.GetShortage(h.customer(), &orderv1.GetShortageRequest{Name: l.shortage.GetName()})
		require.NoError(t, err)
		require.Equal(t, "DEFAULTED WAIT", s.GetState().String()+" "+s.GetChoice().String())
		require.Nil(t, s.GetAnsweredBy())
		o := h.get(l.order.GetName())
		require.Equal(t, l.order.GetPromise(), o.GetPromise(), "who has not answered has agreed to nothing")
		require.True(t, proto.Equal(l.order.GetPromisedDeliveryTime(), o.GetPromisedDeliveryTime()))
		require.True(t, proto.Equal(l.shortage.GetExpectedDeliveryTime(), o.GetExpectedDeliveryTime()))
		require.Empty(t, said(h, o.GetName(), &promisev1.PromiseReleased{}))
		h.requireStock(l.cup, 5, 0)
		_, err = h.answer(h.customer(), l.shortage, orderv1.Shortage_CANCEL)
		refused(t, "SHORTAGE_ANSWERED", err)
		h.audit()
		h.adjust(l.pot, 2)
		require.NoError(t, h.pick(l.order))
		h.audit()
	})
}

// policy sets the shop's policy.
func (h *fixture) policy(choice orderv1.Shortage_Choice, within time.Duration) {
	_, err := h.shortages.UpdateShortagePolicy(h.agent(), &orderv1.UpdateShortagePolicyRequest{
		ShortagePolicy: &orderv1.ShortagePolicy{
			Name: "shortagePolicy", DefaultChoice: choice, AnswerDuration: durationpb.New(within),
		},
	})
	require.NoError(h.t, err)
}

func TestTheShopDecidesWhatTheDefaultIs(t *testing.T) {
	for name, c := range map[string]struct {
		policy     orderv1.Shortage_Choice
		wait, swap bool
		want       orderv1.Shortage_Choice
		after      orderv1.Order_State
		refunded   int64
	}{
		"a substitute":              {orderv1.Shortage_SUBSTITUTE, true, true, orderv1.Shortage_SUBSTITUTE, orderv1.Order_PLACED, 1000},
		"no substitute to be had":   {orderv1.Shortage_SUBSTITUTE, true, false, orderv1.Shortage_WAIT, orderv1.Order_PLACED, 0},
		"calling off":               {orderv1.Shortage_CANCEL, true, true, orderv1.Shortage_CANCEL, orderv1.Order_CANCELLED, 5990},
		"waiting for nobody knows":  {orderv1.Shortage_WAIT, false, true, orderv1.Shortage_WAIT, orderv1.Order_PLACED, 0},
		"neither date nor stand-in": {orderv1.Shortage_SUBSTITUTE, false, false, orderv1.Shortage_WAIT, orderv1.Order_PLACED, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				h.policy(c.policy, time.Hour)
				pot, cup := h.product(2500, 10), h.product(2000, 5)
				o := h.order(wanted{pot, 2})
				report := &orderv1.Shortage{Product: pot, Quantity: 2, Reason: "Gone"}
				if c.wait {
					report.ExpectedDeliveryTime = timestamppb.New(h.clock.Now().Add(threeDays))
				}
				if c.swap {
					report.Substitute = cup
				}
				s, err := h.report(o, report)
				require.NoError(t, err)
				require.Equal(t, c.want, s.GetDefaultChoice())
				require.Equal(t, time.Hour, s.GetAnswerDueTime().AsTime().Sub(h.clock.Now()))
				h.policy(orderv1.Shortage_WAIT, 2*time.Hour) // for those that come later
				h.clock.pass(time.Hour)
				h.work()
				now := h.get(o.GetName())
				require.Equal(t, c.after, now.GetState())
				require.EqualValues(t, c.refunded, cents(now.GetRefundedAmount()))
				facts := said(h, o.GetName(), &orderv1.ShortageAnswered{})
				require.Len(t, facts, 1)
				require.Equal(t, c.want, facts[0].GetChoice())
				if !c.wait && c.want == orderv1.Shortage_WAIT {
					require.True(t, proto.Equal(o.GetExpectedDeliveryTime(), now.GetExpectedDeliveryTime()), "no other date is known")
				}
				h.audit()
			})
		})
	}
}

func TestOnlyWhatIsOfferedCanBeChosen(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot := h.product(2500, 10)
		o := h.order(wanted{pot, 2})
		s, err := h.report(o, &orderv1.Shortage{Product: pot, Quantity: 1, Reason: "Gone"})
		require.NoError(t, err)
		for _, choice := range []orderv1.Shortage_Choice{orderv1.Shortage_WAIT, orderv1.Shortage_SUBSTITUTE} {
			_, err := h.answer(h.customer(), s, choice)
			refused(t, "INVALID_REQUEST", err)
			require.ErrorContains(t, err, "choice:")
		}
		late, err := h.report(h.order(wanted{pot, 1}), &orderv1.Shortage{
			Product: pot, Quantity: 1, Reason: "Gone", ExpectedDeliveryTime: timestamppb.New(h.clock.Now().Add(time.Hour)),
		})
		require.NoError(t, err)
		h.clock.pass(time.Hour + time.Microsecond)
		_, err = h.answer(h.customer(), late, orderv1.Shortage_WAIT)
		refused(t, "INVALID_REQUEST", err)
		h.audit()
	})
}

func TestAnothersShortageDoesNotExist(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(1)
		for _, name := range []string{l.shortage.GetName(), l.order.GetName() + "/shortages/none", "orders/none/shortages/none"} {
			_, err := h.shortages.GetShortage(h.stranger(), &orderv1.GetShortageRequest{Name: name})
			refused(t, "NOT_FOUND", err)
			require.ErrorContains(t, err, name)
			_, err = h.answer(h.stranger(), &orderv1.Shortage{Name: name}, orderv1.Shortage_CANCEL)
			refused(t, "NOT_FOUND", err)
			require.ErrorContains(t, err, name)
		}
		other := h.order(wanted{l.pot, 1})
		_, id := splitName(l.shortage.GetName())
		_, err := h.answer(h.agent(), &orderv1.Shortage{Name: other.GetName() + "/shortages/" + id}, orderv1.Shortage_CANCEL)
		refused(t, "NOT_FOUND", err)
		_, err = h.shortages.ListShortages(h.stranger(), &orderv1.ListShortagesRequest{Parent: l.order.GetName()})
		refused(t, "NOT_FOUND", err)
		h.audit()
	})
}

func TestShortagesAreListedByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		var lines []wanted
		for range 5 {
			lines = append(lines, wanted{h.product(100, 1), 1})
		}
		o := h.order(lines...)
		var want, got []string
		for _, l := range lines {
			want = append(want, h.missing(o, l.product, 1, "").GetName())
		}
		request := &orderv1.ListShortagesRequest{Parent: o.GetName(), PageSize: 2}
		for {
			list, err := h.shortages.ListShortages(h.customer(), request)
			require.NoError(t, err)
			for _, s := range list.GetShortages() {
				got = append(got, s.GetName())
			}
			if request.PageToken = list.GetNextPageToken(); request.PageToken == "" {
				break
			}
		}
		require.Equal(t, want, got)
	})
}

func TestWhoAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for _, c := range []struct {
			role                 accessv1.Role
			subject, named, want string
		}{
			{accessv1.Role_ROLE_CUSTOMER, olena, ivan, olena},
			{accessv1.Role_ROLE_AGENT, "agents/anna", olena, "agents/anna"},
			{accessv1.Role_ROLE_SERVICE, "services/notification", olena, olena},
			{accessv1.Role_ROLE_SERVICE, "services/notification", "", "services/notification"},
		} {
			s, err := h.shortages.AnswerShortage(h.as(c.role, c.subject), &orderv1.AnswerShortageRequest{
				Name: h.lacking(1).shortage.GetName(), Choice: orderv1.Shortage_CANCEL, AnsweredBy: c.named,
			})
			require.NoError(t, err)
			require.Equal(t, c.want, s.GetAnsweredBy().GetPrincipal())
		}
	})
}

func TestCancellingReleasesWhatIsAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(1)
		waiting := h.product(100, 3)
		o := h.order(wanted{l.pot, 2}, wanted{waiting, 3})
		asked := h.missing(o, l.pot, 1, l.cup)
		owed := h.missing(o, waiting, 2, "")
		_, err := h.answer(h.customer(), owed, orderv1.Shortage_WAIT)
		require.NoError(t, err)
		cancelled, err := h.orders.CancelOrder(h.customer(), &orderv1.CancelOrderRequest{Name: o.GetName(), Reason: "Enough"})
		require.NoError(t, err)
		require.True(t, proto.Equal(cancelled, h.get(o.GetName())), "what was answered is what is read")
		s, err := h.shortages.GetShortage(h.customer(), &orderv1.GetShortageRequest{Name: asked.GetName()})
		require.NoError(t, err)
		require.Equal(t, orderv1.Shortage_RELEASED, s.GetState())
		require.Len(t, said(h, o.GetName(), &orderv1.ShortageAnswered{}), 1, "of the one that was answered")
		h.requireStock(waiting, 1, 0)
		h.requireStock(l.cup, 5, 1)
		_, err = h.answer(h.customer(), asked, orderv1.Shortage_CANCEL)
		refused(t, "SHORTAGE_ANSWERED", err)
		h.clock.pass(24 * time.Hour)
		h.work()
		h.audit()
	})
}

// A product may be in an order twice: ordered, and in place of another.
func TestASubstituteCanBeMissingToo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot, cup := h.product(2500, 10), h.product(2000, 10)
		o := h.order(wanted{pot, 2}, wanted{cup, 1})
		_, err := h.answer(h.customer(), h.missing(o, pot, 2, cup), orderv1.Shortage_SUBSTITUTE)
		require.NoError(t, err)
		_, err = h.answer(h.customer(), h.missing(o, cup, 2, pot), orderv1.Shortage_SUBSTITUTE)
		require.NoError(t, err)
		now := h.get(o.GetName())
		var come []int64
		for _, line := range now.GetLines() {
			come = append(come, line.GetQuantity()-line.GetMissingQuantity())
		}
		require.Equal(t, []int64{0, 0, 1, 1, 1}, come, "of each line")
		require.EqualValues(t, 1000, cents(now.GetRefundedAmount()), "a pot in place of a cup is not dearer")
		h.requireStock(pot, 8, 2)
		h.requireStock(cup, 8, 1)
		h.audit()
		require.NoError(t, h.pick(o))
		h.requireStock(pot, 6, 0)
		h.audit()
	})
}

func TestTheNewPromiseOfABrokenOneHasNoFee(t *testing.T) {
	for name, c := range map[string]struct{ asked bool }{"the book has asked": {true}, "the book has not asked yet": {false}} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				h.policy(orderv1.Shortage_WAIT, threeDays)
				l := h.lacking(2)
				h.clock.pass(24*time.Hour + time.Second)
				if c.asked {
					h.overdue(l.order.GetPromise(), l.order.GetName())
				}
				_, err := h.answer(h.customer(), l.shortage, orderv1.Shortage_WAIT)
				require.NoError(t, err)
				h.overdue(l.order.GetPromise(), l.order.GetName()) // it was answered
				o := h.get(l.order.GetName())
				require.Equal(t, orderv1.Order_OPEN, o.GetPromiseState())
				require.EqualValues(t, 990, cents(o.GetRefundedAmount()))
				broken := said(h, o.GetName(), &promisev1.PromiseBroken{})
				require.Len(t, broken, 1)
				require.Equal(t, l.order.GetPromise(), broken[0].GetPromise())
				require.EqualValues(t, 990, cents(broken[0].GetFee()))
				require.Equal(t, promisev1.PromiseBreachCause_OUT_OF_STOCK, broken[0].GetCause())
				require.Empty(t, said(h, o.GetName(), &promisev1.PromiseReleased{}))
				made := said(h, o.GetName(), &promisev1.PromiseMade{})
				require.Zero(t, cents(made[1].GetFee()))
				h.audit()

				h.clock.pass(threeDays)
				h.overdue(o.GetPromise(), o.GetName())
				broken = said(h, o.GetName(), &promisev1.PromiseBroken{})
				require.Len(t, broken, 2)
				require.Zero(t, cents(broken[1].GetFee()), "it comes back once")
				require.EqualValues(t, 990, cents(h.get(o.GetName()).GetRefundedAmount()))
				h.audit()
			})
		})
	}
}

// Who waits for two things waits for the later one.
func TestTwoShortagesOfOneOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot, cup := h.product(2500, 10), h.product(2000, 5)
		o := h.order(wanted{pot, 1}, wanted{cup, 1})
		later := h.missing(o, pot, 1, "")
		sooner, err := h.report(o, &orderv1.Shortage{
			Product: cup, Quantity: 1, Reason: "Gone", ExpectedDeliveryTime: timestamppb.New(h.clock.Now().Add(48 * time.Hour)),
		})
		require.NoError(t, err)
		for _, s := range []*orderv1.Shortage{later, sooner} {
			_, err = h.answer(h.customer(), s, orderv1.Shortage_WAIT)
			require.NoError(t, err)
		}
		now := h.get(o.GetName())
		require.True(t, proto.Equal(later.GetExpectedDeliveryTime(), now.GetPromisedDeliveryTime()))
		require.Len(t, said(h, o.GetName(), &promisev1.PromiseMade{}), 3)
		require.Len(t, said(h, o.GetName(), &promisev1.PromiseReleased{}), 2)
		h.adjust(pot, 1)
		refused(t, "ORDER_INCOMPLETE", h.pick(o))
		h.adjust(cup, 1)
		require.NoError(t, h.pick(o))
		h.audit()
	})
}

// A warning about a promise that another has replaced does not count, and a later date is not taken back.
func TestAWarningKnowsItsPromise(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(1)
		_, err := h.answer(h.customer(), l.shortage, orderv1.Shortage_WAIT)
		require.NoError(t, err)
		before := h.get(l.order.GetName())
		h.hear(l.order.GetPromise(), &promisev1.PromiseAtRisk{
			Promise: l.order.GetPromise(), About: l.order.GetName(), Service: "order", DueTime: l.order.GetPromisedDeliveryTime(),
		})
		require.True(t, proto.Equal(before, h.get(l.order.GetName())))

		silent := h.lacking(1)
		h.policy(orderv1.Shortage_WAIT, time.Hour)
		h.clock.pass(24 * time.Hour)
		h.work()
		h.hear(silent.order.GetPromise(), &promisev1.PromiseAtRisk{
			Promise: silent.order.GetPromise(), About: silent.order.GetName(), Service: "order",
			DueTime: silent.order.GetPromisedDeliveryTime(),
		})
		o := h.get(silent.order.GetName())
		require.Equal(t, orderv1.Order_AT_RISK, o.GetPromiseState())
		require.True(t, proto.Equal(silent.shortage.GetExpectedDeliveryTime(), o.GetExpectedDeliveryTime()))
		h.audit()
	})
}

func TestWhoWaitsLongestIsFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot := h.product(2500, 10)
		var waiting []*orderv1.Order
		for range 3 {
			o := h.order(wanted{pot, 2})
			h.missing(o, pot, 2, "")
			h.clock.pass(time.Second)
			waiting = append(waiting, o)
		}
		owed := func() (all []int64) {
			for _, o := range waiting {
				all = append(all, kittest.Number(t, h.db, `select owed from orders where 'orders/' || id = $1`, o.GetName()))
			}
			return all
		}
		h.adjust(pot, -4)
		require.Equal(t, []int64{2, 2, 2}, owed())
		h.adjust(pot, 3)
		require.Equal(t, []int64{0, 1, 2}, owed())
		h.requireStock(pot, 3, 3)
		h.adjust(pot, 100)
		require.Equal(t, []int64{0, 0, 0}, owed())
		h.requireStock(pot, 103, 6)
		h.audit()
	})
}

func TestThePolicy(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		get := func() *orderv1.ShortagePolicy {
			p, err := h.shortages.GetShortagePolicy(h.agent(), &orderv1.GetShortagePolicyRequest{Name: "shortagePolicy"})
			require.NoError(t, err)
			return p
		}
		update := func(p *orderv1.ShortagePolicy, paths ...string) (*orderv1.ShortagePolicy, error) {
			p.Name = "shortagePolicy"
			return h.shortages.UpdateShortagePolicy(h.agent(), &orderv1.UpdateShortagePolicyRequest{
				ShortagePolicy: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
			})
		}
		require.True(t, proto.Equal(&orderv1.ShortagePolicy{
			Name: "shortagePolicy", AnswerDuration: durationpb.New(24 * time.Hour), DefaultChoice: orderv1.Shortage_WAIT, Etag: "1",
		}, get()))
		changed, err := update(&orderv1.ShortagePolicy{AnswerDuration: durationpb.New(time.Hour), Etag: "1"})
		require.NoError(t, err)
		require.Equal(t, "2 WAIT", changed.GetEtag()+" "+changed.GetDefaultChoice().String())
		require.Equal(t, time.Hour, changed.GetAnswerDuration().AsDuration())
		_, err = update(&orderv1.ShortagePolicy{DefaultChoice: orderv1.Shortage_CANCEL, Etag: "1"})
		refused(t, "ETAG_MISMATCH", err)
		changed, err = update(&orderv1.ShortagePolicy{
			DefaultChoice: orderv1.Shortage_CANCEL, AnswerDuration: durationpb.New(time.Minute),
		}, "default_choice")
		require.NoError(t, err)
		require.Equal(t, time.Hour, changed.GetAnswerDuration().AsDuration(), "not named, not changed")
		require.True(t, proto.Equal(changed, get()))
		same, err := update(&orderv1.ShortagePolicy{Etag: "3"})
		require.NoError(t, err)
		require.True(t, proto.Equal(changed, same), "nothing to change changes nothing")
		for _, path := range []string{"answer_duration", "default_choice", "*"} {
			_, err = update(&orderv1.ShortagePolicy{}, path)
			refused(t, "INVALID_REQUEST", err)
		}
		_, err = update(&orderv1.ShortagePolicy{}, "display_name")
		require.ErrorContains(t, err, "update_mask")
	})
}
