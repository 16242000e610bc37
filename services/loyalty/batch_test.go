package loyalty_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// What comes in one batch is credited once, whoever else is in it, and whatever of it comes twice.
func TestABatchCreditsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		delivered := func(order, customer string) *orderv1.OrderDelivered {
			return &orderv1.OrderDelivered{
				Order: "orders/" + order, Customer: "customers/" + customer, GoodsAmount: &money.Money{CurrencyCode: "EUR", Units: 10},
			}
		}
		remedy := func(promise, customer string) *promisev1.RemedyRequired {
			return &promisev1.RemedyRequired{
				Promise: "promises/" + promise, Customer: "customers/" + customer, About: "orders/1",
				Remedies: []*typepb.Remedy{{Type: typepb.Remedy_CASE}, {Type: typepb.Remedy_GOODWILL_POINTS, Points: 100}},
			}
		}
		returned := func(order, customer string) *orderv1.OrderReturned {
			return &orderv1.OrderReturned{Order: "orders/" + order, Customer: "customers/" + customer}
		}
		h.hear(fact(t, "orders/1", delivered("1", "anna")), fact(t, "orders/2", delivered("2", "boris")), fact(t, "orders/1", delivered("1", "anna")),
			fact(t, "promises/1", remedy("1", "anna")), fact(t, "promises/2", remedy("2", "boris")), fact(t, "promises/1", remedy("1", "anna")),
			fact(t, "orders/3", returned("3", "boris")), fact(t, "orders/2", returned("2", "boris")), fact(t, "orders/2", returned("2", "boris")))
		h.hear(fact(t, "orders/3", delivered("3", "boris")), fact(t, "promises/2", remedy("2", "boris")))
		require.Equal(t, "110 [EARNING 10 GOODWILL 100]", h.stateOf("programs/main/accounts/anna"))
		require.Contains(t, h.stateOf("programs/main/accounts/boris"), "100 [")
		require.True(t, h.prove("main").GetBalanced())
	})
}
