package loyalty_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/kittest"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// TestImportsAtOnce: replicas take in imports with the same customers and some of the same orders at the same moment, each
// customer in many of them. They wait for each other, and never in a circle, which PostgreSQL here would not find.
func TestImportsAtOnce(t *testing.T) {
	for _, dialect := range kittest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			url, replicas := kittest.NewURL(t, dialect), 1
			if dialect == "postgres" {
				url, replicas = url+"?deadlock_timeout=1h&lock_timeout=5s", 3
			}
			var services []*fixture
			for range replicas {
				services = append(services, newFixture(t, kittest.Open(t, url)))
			}
			services[0].createProgram("euro", 3, "EUR")
			facts := crossing(t)
			group := errgroup.Group{}
			for n := range 2 * replicas {
				group.Go(func() error {
					for i := range facts { // everybody begins with another
						if err := services[n%replicas].take(facts[(i+n)%len(facts) : (i+n)%len(facts)+1]); err != nil {
							return err
						}
					}
					return nil
				})
			}
			require.NoError(t, group.Wait())
			h := services[0]
			require.Empty(t, h.complaints())
			require.EqualValues(t, 1000*5, h.prove("main").GetBalanceSum())
			require.EqualValues(t, 1000*17, h.prove("euro").GetBalanceSum())
			require.True(t, h.prove("main").GetBalanced())
			require.True(t, h.prove("euro").GetBalanced())
			require.Len(t, h.statement(t, "programs/main/accounts/7"), 10)
		})
	}
}

// crossing are ten imports of 200 orders by the same hundred customers, of which half come again in the next, the other way
// round.
func crossing(t *testing.T) (facts []event.Event) {
	for n := range 10 {
		imported := &orderv1.OrdersImported{SourceImport: "imports/" + id.New()}
		for i := range 200 {
			order := (n*100 + i) % 1000
			imported.Orders = append(imported.Orders, &orderv1.OrdersImported_Order{
				Order: fmt.Sprint("orders/", order*7919%1000), Customer: fmt.Sprint("customers/", order*7919%1000%100), GoodsAmount: euros(5, 99),
			})
		}
		if n%2 == 1 {
			slices.Reverse(imported.Orders)
		}
		facts = append(facts, fact(t, imported.GetSourceImport(), imported))
	}
	return facts
}
