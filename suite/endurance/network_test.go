package endurance_test

import (
	"maps"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
)

// notices is how long a process may take to say that it is not ready, and that it is again: it looks every five seconds, for two.
const notices = 15 * time.Second

// recovery is after what time no call may fail any more. When none has failed for so long, all is calm.
const (
	recovery = 5 * time.Second
	calm     = 500 * time.Millisecond
)

// spoiling is a fault of the network.
type spoiling struct {
	what  toxic
	where []line
	// span is how long it lasts at least. It lasts until these and no others have said that they are not ready; that is not asked
	// where it is nil, as a fault may be over before they look.
	span     time.Duration
	notReady []string
	// longest is how long a call may take meanwhile, if that is less than its deadline: it goes to another replica.
	longest time.Duration
	// kills is a process that dies meanwhile.
	kills string
}

// spoilings are what happens to the network, one after the other. Half-open connections between services last for longer than
// it takes to notice that nothing comes over them.
func spoilings() []spoiling {
	postgres, redis := line{"order-", "postgres"}, line{"order-", "redis"}
	nobody := []string{} // a service is ready without its peers, and without Redis
	customer, order := line{"order-", "customer-"}, line{"gateway-", "order-"}
	return []spoiling{
		{what: slow, where: []line{postgres, redis, customer, order}, span: 3 * time.Second},
		{what: cut, where: []line{postgres}, span: time.Second},
		{what: cut, where: []line{redis}, span: time.Second},
		{what: cut, where: []line{customer}, span: time.Second, notReady: nobody},
		{what: cut, where: []line{order}, span: time.Second, notReady: nobody},
		{what: halfOpen, where: []line{{"order-1", "postgres"}, {"order-2", "redis"}}, span: grpcDeadline, notReady: []string{"order-1"}},
		{what: halfOpen, where: []line{customer, {"gateway-", "order-1"}}, span: 17 * time.Second, longest: 16 * time.Second, notReady: nobody},
		{what: slowEnd, where: []line{postgres, redis, customer, order}, span: 3 * time.Second, kills: "order-1"},
	}
}

// TestNetwork spoils the network between the order service, what it stands on and its peers, while customers order. Every call
// ends by its deadline with an answer that says what it is; all is well again soon after the network is, without a restart;
// every order is there once; and who says that it is ready is.
func TestNetwork(t *testing.T) {
	t.Parallel() // with the kill tests
	lines := newLines(t)
	c := startClusterWith(t, cluster.Config{Route: lines.route})
	audit := auditOfCluster(t, c)
	audit.stocked = map[string]int64{"plenty": 1_000_000}
	s := openShop(t, c.Environment(), "plenty", 1_000_000)
	b := &buyers{told: map[string]int{}}
	load := startLoad(t, b.regular(s), b.regular(s), b.direct(t, c, s), b.newcomer(s))
	stop := cluster.Keep(c.Processes...)

	for _, fault := range spoilings() {
		fault.interrupt(t, c, lines, load, b)
	}
	ends, err := stop()
	require.NoError(t, err)
	require.Equal(t, cluster.Ends{Killed: 1}, ends, "nobody ended because of the network")
	_, _, failures := load.end()
	require.Empty(t, failures)
	require.Empty(t, b.late, "calls that outlived their deadline")
	require.Empty(t, b.unclear, "answers that say nothing")
	audit.balance(t)
	require.EqualValues(t, b.orders, number(t, audit.order, `select count(*) from orders`), "every order is there once")
	t.Logf("network: %d orders, each there once", b.orders)
}

// interrupt spoils and mends the network, and waits until all is well.
func (f spoiling) interrupt(t *testing.T, c *cluster.Cluster, lines *lines, load *load, b *buyers) {
	t.Helper()
	b.look()
	started := time.Now()
	mend := lines.spoil(t, f.what, f.where...)
	if f.kills != "" {
		for _, p := range c.Replicas("order") {
			if p.Name == f.kills {
				require.NoError(t, syscall.Kill(p.PID(), syscall.SIGKILL))
			}
		}
	}
	<-time.After(f.span)
	if f.notReady != nil {
		f.awaitReadiness(t, c, f.notReady)
	}
	slowest, during := b.look()
	mended := time.Now()
	mend()
	load.more(t, 20)
	f.awaitReadiness(t, c, nil)
	require.Eventually(t, func() bool { return time.Since(b.lastFailure()) > calm }, patience, 10*time.Millisecond)
	recovered := max(0, b.lastFailure().Sub(mended))
	_, afterwards := b.look()
	t.Logf("network: %s of %v for %s: the last call failed %s after its end. Meanwhile %s. Afterwards %s", f.what.kind, f.where,
		mended.Sub(started).Round(time.Millisecond), recovered.Round(time.Millisecond), during, afterwards)
	require.Less(t, recovered, recovery)
	if f.longest > 0 {
		require.Less(t, slowest, f.longest)
	}
	if f.what == slow {
		require.Contains(t, during, "no failures", "a slow network is no fault")
	}
}

// awaitReadiness waits until those and no others say that they are not ready.
func (f spoiling) awaitReadiness(t *testing.T, c *cluster.Cluster, not []string) {
	t.Helper()
	want := map[string]bool{}
	for _, p := range c.Processes {
		want[p.Name] = true
	}
	for _, name := range not {
		want[name] = false
	}
	var said map[string]bool
	for end := time.Now().Add(notices); time.Now().Before(end); <-time.After(breath) {
		if said = readiness(t, c); maps.Equal(said, want) {
			return
		}
	}
	require.Equal(t, want, said, "who is ready, %s of %v", f.what.kind, f.where)
}
