package order_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func TestOrdersAreFoundByTheirNumbers(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.customers.found = []string{olena}
		find := func(query string) (names []string) {
			t.Helper()
			got, err := h.orders.SearchOrders(h.agent(), &orderv1.SearchOrdersRequest{Query: query})
			require.NoError(t, err)
			for _, o := range got.GetOrders() {
				require.NotEmpty(t, o.GetLines())
				names = append(names, o.GetName())
			}
			return names
		}
		pots := wanted{h.product(2400, 10), 1}
		first, second := h.order(pots), h.order(pots)
		number := first.GetOrderNumber()
		require.Len(t, number, 10)
		require.Equal(t, []string{first.GetName()}, find(number))
		require.Equal(t, []string{first.GetName()}, find(" #"+number[:4]+"-"+number[4:8]+" "+number[8:]))
		require.Contains(t, find(number[:6]), first.GetName())
		kittest.Exec(t, h.db, `update orders set order_number = 'ЦБ-000001', number_key = 'цб000001', issuer = 'erp' where order_number = '`+second.GetOrderNumber()+`'`)
		for _, query := range []string{"ЦБ-000001", "цб 000001", "ЦБ-00"} {
			require.Equal(t, []string{second.GetName()}, find(query), query)
		}
		all := []string{second.GetName(), first.GetName()}
		require.ElementsMatch(t, all, find("olena kov"), "those of the customers who are found by it")
		require.Equal(t, "olena kov", h.customers.asked)
		h.customers.found = nil
		require.Empty(t, find("nobody"))
		require.Empty(t, find("—"))

		listed, err := h.orders.ListOrders(h.agent(), &orderv1.ListOrdersRequest{Filter: `order_number = "` + number + `"`})
		require.NoError(t, err)
		require.Len(t, listed.GetOrders(), 1)
	})
}
