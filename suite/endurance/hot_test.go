package endurance_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
)

// heldUp is far longer than the book ever takes (a tenth of a second), and far less than it takes where it waits for totals that are
// held (three quarters of a minute).
const heldUp = 15 * time.Second

// TestOneBusyCustomerDelaysNobodysPromises holds one customer's totals, as replicas do that wait for each other over a very busy
// customer, while many of their orders come in. The promise book goes on meanwhile: with that customer's promises, and with
// another's.
func TestOneBusyCustomerDelaysNobodysPromises(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	audit := auditOfCluster(t, c)
	audit.stocked = map[string]int64{"plenty": 1000, "probe": 1}
	busy := openShop(t, c.Environment(), "plenty", 1000)
	first := busy.mustOrder(t)
	customer := strings.TrimPrefix(first.text(t, "customer"), "customers/")
	db := audit.Services["customer"]
	require.Eventually(t, func() bool {
		var n int
		return db.QueryRowContext(t.Context(), `select count(*) from buyer where customer = $1`, customer).Scan(&n) == nil && n == 1
	}, patience, time.Millisecond)

	held, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer held.Rollback()
	_, err = held.ExecContext(t.Context(), `update buyer set orders = orders where customer = $1`, customer)
	require.NoError(t, err)

	const orders = 200
	replies := together(t, orders, func(int) (reply, error) { return busy.order(t.Context(), id.New()) })
	started := time.Now()
	probe(t, c)
	require.Less(t, time.Since(started), heldUp, "the book waits for the busy customer's totals")
	t.Logf("hot: another customer's order is in the promise book after %s", time.Since(started).Round(time.Millisecond))
	for _, r := range replies {
		require.Equal(t, http.StatusOK, r.status, r.body)
		promise := r.text(t, "promise")
		require.Eventually(t, func() bool {
			got, err := busy.customer.get(t.Context(), "/v1/"+promise)
			return err == nil && got.status == http.StatusOK
		}, patience, time.Millisecond)
	}
	t.Logf("hot: the busy customer's %d are in it after %s, and their totals still wait", orders, time.Since(started).Round(time.Millisecond))
	var counted int
	require.NoError(t, db.QueryRowContext(t.Context(), `select orders from buyer where customer = $1`, customer).Scan(&counted))
	require.Equal(t, 1, counted, "the totals could not be written while they were held")
	require.NoError(t, held.Rollback())
	audit.balance(t)
}
