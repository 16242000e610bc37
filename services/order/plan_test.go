package order_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// TestRareStatesAreFoundByIndex asks both databases how they list orders by a state that few are in: by an index on those, and
// not over all that were ever delivered.
func TestRareStatesAreFoundByIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		pot := h.product(1000, 10)
		h.order(wanted{pot, 1})
		h.importAll(cdnow(), strings.Repeat("00001 19970101 1 10.00\n", 3000))
		require.NoError(t, h.db.Background().Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			_, err := tx.Query(`analyze`)
			return err
		}))
		for filter, index := range map[string]string{
			"state = 1": "orders_not_delivered", "promise_state = 4": "orders_not_kept", "customer = 'x'": "orders_customer", "true": "orders_created",
		} {
			require.Contains(t, h.plan(`select id from orders where `+filter+` order by created desc, id desc limit 51`), index, filter)
		}
		placed, err := h.orders.ListOrders(h.agent(), &orderv1.ListOrdersRequest{Filter: "state = PLACED"})
		require.NoError(t, err)
		require.Len(t, placed.GetOrders(), 1)
	})
}

// plan is how the database would carry out a query.
func (h *fixture) plan(query string) string {
	explain := map[string]string{"sqlite": "explain query plan ", "postgres": "explain "}[h.db.Dialect()]
	rows, err := h.db.Query(h.t.Context(), explain+query)
	require.NoError(h.t, err)
	var plan strings.Builder
	for rows.Next() {
		var text string
		if h.db.Dialect() == "sqlite" {
			var id, parent, unused int64
			require.NoError(h.t, rows.Scan(&id, &parent, &unused, &text))
		} else {
			require.NoError(h.t, rows.Scan(&text))
		}
		plan.WriteString(text + "\n")
	}
	return plan.String()
}
