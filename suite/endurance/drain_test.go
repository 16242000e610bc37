package endurance_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
	"kept.dev/suite/cluster"
)

// drainBound is the time that a process has to drain, as set by default.
const drainBound = 20 * time.Second

// TestDrain restarts one process after the other, the gateways too, while customers order and look, over REST and over gRPC:
// none of them notices, and nothing is lost or happens twice.
func TestDrain(t *testing.T) {
	c := startClusterWith(t, cluster.Config{Gateways: 2, Unlimited: true})
	audit := auditOfCluster(t, c)
	audit.stocked = map[string]int64{"plenty": 1_000_000}
	gateways := newFronts(t, c.Replicas("gateway"))
	s := openShop(t, c.Environment(), "plenty", 1_000_000)
	s.customer.http.Transport = gateways
	load := startLoad(t, slices.Concat(slices.Repeat([]caller{overREST(s)}, 4), slices.Repeat([]caller{overGRPC(t, c, s)}, 4))...)

	for _, program := range append(slices.Clone(c.Services()), "gateway") {
		for _, p := range c.Replicas(program) {
			load.more(t, 100)
			gateways.without(t, p)
			started := time.Now()
			require.NoError(t, p.Stop())
			took := time.Since(started)
			require.Less(t, took, drainBound)
			load.more(t, 100)
			require.NoError(t, p.Start())
			require.NoError(t, p.Await(t.Context()))
			if program == "gateway" {
				gateways.with(p)
			}
			t.Logf("drain: %s ended in %s under load", p.Name, took.Round(time.Millisecond))
		}
	}
	calls, took, failures := load.end()
	require.Empty(t, failures)
	audit.balance(t)
	t.Logf("drain: %d calls, %.0f a second, none failed", calls, float64(calls)/took.Seconds())
}

// overREST orders every third time, and otherwise looks at the stock or at the customer, so that both services are called.
func overREST(s shop) caller {
	return func(ctx context.Context, i int) error {
		switch i % 3 {
		case 0:
			return ok(s.order(ctx, id.New()))
		case 1:
			return ok(s.customer.get(ctx, "/v1/"+s.product+"/stock"))
		default:
			return ok(s.customer.get(ctx, "/v1/"+s.name))
		}
	}
}
