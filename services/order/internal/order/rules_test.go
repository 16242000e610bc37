package order

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

var placedAt = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

func euros(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "EUR"} }

func wanted(lines ...*orderv1.Order_Line) *orderv1.Order {
	return &orderv1.Order{Customer: "customers/olena", DeliveryOption: "deliveryOptions/express", Lines: lines}
}

func line(product string, quantity int64) *orderv1.Order_Line {
	return &orderv1.Order_Line{Product: product, Quantity: quantity}
}

func express() terms {
	return terms{
		promised: 24 * time.Hour, risk: 6 * time.Hour, fee: euros(990),
		prices: map[string]money.Amount{"products/pot": euros(2495), "products/cup": euros(500), "products/tea": {Minor: 900, Currency: "UAH"}},
	}
}

func TestPlacePromisesAndPrices(t *testing.T) {
	o, err := place(wanted(line("products/pot", 2), line("products/cup", 1)), express(), access.Principal{}, "1000000001", placedAt)
	require.NoError(t, err)
	require.True(t, proto.Equal(euros(5490).Proto(), o.GetGoodsAmount()), "goods")
	require.True(t, proto.Equal(euros(6480).Proto(), o.GetTotalAmount()), "goods and speed")
	require.Equal(t, placedAt.Add(24*time.Hour), o.GetPromisedDeliveryTime().AsTime())
	require.Equal(t, orderv1.Order_PLACED, o.GetState())
	require.Equal(t, orderv1.Order_OPEN, o.GetPromiseState())
	require.Equal(t, orderv1.Order_INVOICE, o.GetPaymentMethod())
}

func TestPlaceTakesNothingFromTheCallerThatTheHouseDecides(t *testing.T) {
	forged := wanted(line("products/pot", 1))
	forged.Name, forged.State, forged.CancelReason = "orders/mine", orderv1.Order_DELIVERED, "because"
	forged.TotalAmount, forged.DeliverTime = euros(1).Proto(), timestamppb.New(placedAt)
	forged.Lines[0].UnitPrice = euros(1).Proto()
	o, err := place(forged, express(), access.Principal{}, "1000000001", placedAt)
	require.NoError(t, err)
	honest, err := place(wanted(line("products/pot", 1)), express(), access.Principal{}, "1000000001", placedAt)
	require.NoError(t, err)
	honest.Name, honest.Promise = o.GetName(), o.GetPromise()
	require.NotEqual(t, "orders/mine", o.GetName())
	require.True(t, proto.Equal(honest, o), "as if nothing had been forged")
}

func TestPlaceRefuses(t *testing.T) {
	dear := express()
	dear.prices["products/pot"] = euros(money.Max)
	for name, c := range map[string]struct {
		order *orderv1.Order
		terms terms
		field string
	}{
		"an unknown product":   {wanted(line("products/pot", 1), line("products/none", 1)), express(), "order.lines[1].product"},
		"a product twice":      {wanted(line("products/pot", 1), line("products/pot", 1)), express(), "order.lines[1].product"},
		"two currencies":       {wanted(line("products/pot", 1), line("products/tea", 1)), express(), "order.lines[1].product"},
		"a fee in another one": {wanted(line("products/tea", 1)), express(), "order.delivery_option"},
		"too much in a line":   {wanted(line("products/pot", 2)), dear, "order.lines[0].quantity"},
		"too much in all":      {wanted(line("products/pot", 1)), dear, "order.lines"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := place(c.order, c.terms, access.Principal{}, "1000000001", placedAt)
			require.ErrorContains(t, err, c.field+":")
			require.Equal(t, "INVALID_REQUEST", errs.ReasonOf(err))
		})
	}
}

func TestPriceAddsUpToTheCent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prices, want := map[string]money.Amount{}, int64(0)
		var lines []*orderv1.Order_Line
		for i := range rapid.IntRange(1, 20).Draw(t, "lines") {
			product := "products/p" + string(rune('a'+i))
			cents := rapid.Int64Range(0, 1_000_000).Draw(t, "cents")
			quantity := rapid.Int64Range(1, 1_000_000).Draw(t, "quantity")
			prices[product] = euros(cents)
			lines = append(lines, line(product, quantity))
			want += cents * quantity
		}
		_, sum, err := price(lines, prices)
		require.NoError(t, err)
		require.Equal(t, euros(want), sum)
	})
}

func TestTheNewDateIsLaterThanThePromisedOne(t *testing.T) {
	promised := placedAt.Add(24 * time.Hour)
	for name, c := range map[string]struct {
		now  time.Time
		want time.Time
	}{
		"six hours before": {promised.Add(-6 * time.Hour), promised.Add(6 * time.Hour)},
		"a minute before":  {promised.Add(-time.Minute), promised.Add(time.Hour)},
		"told too late":    {promised.Add(time.Hour), promised.Add(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, expectedWhenAtRisk(promised, c.now)) })
	}
}

func TestWhyADeliveryPromiseIsBroken(t *testing.T) {
	promised := timestamppb.New(placedAt.Add(24 * time.Hour))
	at := func(shipped time.Duration) *orderv1.Order {
		return &orderv1.Order{PromisedDeliveryTime: promised, ShipTime: timestamppb.New(placedAt.Add(shipped))}
	}
	require.Equal(t, promisev1.PromiseBreachCause_OUT_OF_STOCK, breachCause(at(time.Hour), true))
	require.Equal(t, promisev1.PromiseBreachCause_NOT_SHIPPED, breachCause(&orderv1.Order{PromisedDeliveryTime: promised}, false))
	require.Equal(t, promisev1.PromiseBreachCause_NOT_SHIPPED, breachCause(at(24*time.Hour), false), "shipped when it should have come")
	require.Equal(t, promisev1.PromiseBreachCause_NOT_DELIVERED, breachCause(at(24*time.Hour-time.Microsecond), false))
}
