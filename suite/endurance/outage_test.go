package endurance_test

import (
	"math/rand/v2"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
	"kept.dev/suite/cluster"
)

// loseRedis kills Redis, takes its data away, and starts it again.
func loseRedis(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	c.Redis.Stop(true)
	require.NoError(t, c.Redis.Wipe())
	require.NoError(t, c.Redis.Restart(t.Context()))
}

// awaitClock waits until the processes have brought the sandbox's clock back to a Redis that lost it. One that starts
// before that lives in the past.
func awaitClock(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: c.Redis.Addr()})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Exists(t.Context(), "kept:sandbox:offset").Val() == 1 },
		patience, 10*time.Millisecond, "the sandbox's clock is back")
}

// TestOutages takes away what the suite stands on while stories are played. No process ends, and nothing is lost.
func TestOutages(t *testing.T) {
	t.Parallel() // with the kill tests
	c := startCluster(t)
	audit := auditOfCluster(t, c)
	audit.stocked = map[string]int64{"coffee-pot": 10, "tea-pot": 5, "probe": 1, "plenty": 1000}
	stop := cluster.Keep(c.Processes...)
	for range 3 {
		outage(t, c, audit, "Redis lost with its data", func() { loseRedis(t, c) })
	}
	outage(t, c, audit, "Redis crashed with its data safe", func() {
		c.Redis.Stop(true)
		require.NoError(t, c.Redis.Restart(t.Context()))
	})
	for range 2 {
		outage(t, c, audit, "PostgreSQL crashed", func() {
			c.Postgres.Stop(true)
			require.NoError(t, c.Postgres.Restart(t.Context()))
		})
	}
	ends, err := stop()
	require.NoError(t, err)
	require.Zero(t, ends, "processes that ended because of an outage")
	killEach(t, c, audit)
	withoutCustomer(t, c, audit)
}

// killEach kills one process after the other, the gateway too, while a story is played. The others go on without it.
func killEach(t *testing.T, c *cluster.Cluster, audit *audit) {
	t.Helper()
	stop := cluster.Keep(c.Processes...)
	played := make(chan error, 1)
	go func() { played <- runStory(t, c.Environment()) }()
	for _, p := range c.Processes {
		died := time.Now()
		require.NoError(t, syscall.Kill(p.PID(), syscall.SIGKILL))
		probe(t, c)
		recovered := time.Since(died)
		require.Eventually(t, func() bool { return p.Ready(t.Context()) }, patience, 10*time.Millisecond)
		t.Logf("outage: %s killed: an order is in the promise book again %s after its death; it is ready again after %s",
			p.Name, recovered.Round(10*time.Millisecond), time.Since(died).Round(10*time.Millisecond))
	}
	require.NoError(t, <-played)
	audit.balance(t)
	ends, err := stop()
	require.NoError(t, err)
	require.Equal(t, cluster.Ends{Killed: len(c.Processes)}, ends)
}

// outage strikes at a random moment of the story, which has to hold.
func outage(t *testing.T, c *cluster.Cluster, audit *audit, what string, interrupt func()) {
	t.Helper()
	played := make(chan error, 1)
	go func() { played <- runStory(t, c.Environment()) }()
	moment := time.Duration(rand.Int64N(int64(700 * time.Millisecond)))
	<-time.After(moment)
	interrupt()
	back := time.Now()
	probe(t, c)
	recovered := time.Since(back)
	require.NoError(t, <-played, "%s %s after the start of the story", what, moment)
	audit.balance(t)
	t.Logf("outage: %s %s after the story's start: an order is in the promise book again %s after its return; nothing lost",
		what, moment.Round(time.Millisecond), recovered.Round(10*time.Millisecond))
}

// probe sells something to a new customer, through both services and the bus between them.
func probe(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	s := openShop(t, c.Environment(), "probe", 1)
	promise := s.mustOrder(t).text(t, "promise")
	require.Eventually(t, func() bool {
		r, err := s.customer.get(t.Context(), "/v1/"+promise)
		return err == nil && r.status == http.StatusOK
	}, 2*patience, time.Millisecond)
}

// withoutCustomer takes orders, and calls some off, while no replica of the customer service is there.
func withoutCustomer(t *testing.T, c *cluster.Cluster, audit *audit) {
	s := openShop(t, c.Environment(), "plenty", 1000)
	s.mustOrder(t) // now the order service knows the customer
	replicas := c.Replicas("customer")
	for _, p := range replicas {
		p.Kill()
	}
	const orders = 50
	replies := together(t, orders, func(int) (reply, error) { return s.order(t.Context(), id.New()) })
	for i, r := range replies {
		require.Equal(t, http.StatusOK, r.status, r.body)
		if i%5 == 0 {
			s.must(t, s.customer, "/v1/"+r.text(t, "name")+":cancel", map[string]any{"reason": "changed my mind"})
		}
	}
	started := time.Now()
	for _, p := range replicas {
		require.NoError(t, p.Start())
	}
	audit.balance(t)
	t.Logf("outage: %d orders, %d called off, while the customer service was away: all in the promise book %s after its start",
		orders, orders/5, time.Since(started).Round(10*time.Millisecond))
	for _, p := range replicas {
		require.NoError(t, p.Await(t.Context()))
	}
}
