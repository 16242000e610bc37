package endurance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/bus"
	"kept.dev/suite/cluster"
	"kept.dev/suite/dbaudit"
)

// TestKillDistributed kills the replicas of each service at every failpoint that the story passes: in each play at some failpoints
// of every service.
func TestKillDistributed(t *testing.T) {
	t.Parallel() // with the embedded suite's: most of the time is spent waiting
	c := startCluster(t)
	kill := &killCluster{c: c, audit: auditOfCluster(t, c), armed: map[string]bool{}}
	interrupt := func(t *testing.T) {
		c.Redis.Stop(true)
		<-time.After(500 * time.Millisecond)
		require.NoError(t, c.Redis.Restart(t.Context()))
	}
	killEverywhere(t, killShape{programs: c.Services(), hasBus: true, interrupt: interrupt, atOnce: 2, set: kill.set})
}

// killCluster is a cluster whose services' processes die.
type killCluster struct {
	c     *cluster.Cluster
	audit *audit
	armed map[string]bool // services of which a process may still be about to die
}

// forgetRepublished makes the service's event handlers new again: on one database they are so once, and every play is on the same.
func (k *killCluster) forgetRepublished(t *testing.T, service string) {
	t.Helper()
	_, err := k.audit.Services[service].ExecContext(t.Context(), `update event_handler set republished = false`)
	require.NoError(t, err)
}

// wishEverything has the service's relay publish its last hour again, as new event handlers somewhere would.
func (k *killCluster) wishEverything(t *testing.T, service string) {
	t.Helper()
	types, err := dbaudit.Column(t.Context(), k.audit.Services[service], `select distinct type from outbox`)
	require.NoError(t, err)
	client := k.c.Redis.Client()
	defer client.Close()
	b := bus.NewRedis(bus.RedisConfig{Client: client, Services: []string{service}})
	require.NoError(t, b.Republish(t.Context(), types, time.Now().Add(-time.Hour)))
}

func passes(points []point, work string) bool {
	return slices.ContainsFunc(points, func(p point) bool { return strings.HasSuffix(p.name, ":"+work) })
}

// set restarts the services that are to die, and those that were to, and keeps all running.
func (k *killCluster) set(t *testing.T, f *killPlan) killRun {
	t.Helper()
	busLost := false
	for service, points := range f.points {
		k.armed[service] = true
		busLost = busLost || points[0].busLost
	}
	k.stop(t)
	for service := range k.armed {
		if len(f.points[service]) == 0 {
			delete(k.armed, service)
			k.start(t, f, service)
			awaitReady(t, k.c.Replicas(service)...)
		}
	}
	if busLost { // those who live on remember how far the clock is
		loseRedis(t, k.c)
		awaitClock(t, k.c)
	}
	for service, points := range f.points {
		if passes(points, "handlers.republished") {
			k.forgetRepublished(t, service)
		}
		if passes(points, "relay.republish") {
			k.wishEverything(t, service)
		}
		k.start(t, f, service)
	}
	return killRun{k.c.Environment(), k.audit, k.keep(t, f), func(service string) string { return k.c.Replicas(service)[0].Log() }}
}

// stop stops the services that are armed, all replicas at the same time.
func (k *killCluster) stop(t *testing.T) {
	t.Helper()
	var group errgroup.Group
	for service := range k.armed {
		for _, p := range k.c.Replicas(service) {
			group.Go(func() error { return stopArmed(p) })
		}
	}
	require.NoError(t, group.Wait())
}

func (k *killCluster) start(t *testing.T, f *killPlan, service string) {
	t.Helper()
	for _, p := range k.c.Replicas(service) {
		require.NoError(t, p.Start(f.first(p, service)...))
	}
}

// keep starts processes again that die, until stop is called, and waits until all are ready.
func (k *killCluster) keep(t *testing.T, f *killPlan) (stop func() (map[string]cluster.Ends, error)) {
	t.Helper()
	stops := map[string]func() (cluster.Ends, error){}
	for _, service := range k.c.Services() {
		stops[service] = cluster.KeepWith(f.next(service), k.c.Replicas(service)...)
	}
	for _, service := range k.c.Services() {
		awaitReady(t, k.c.Replicas(service)...)
	}
	return func() (map[string]cluster.Ends, error) {
		ends := map[string]cluster.Ends{}
		var faults []error
		for service, stop := range stops {
			end, err := stop()
			ends[service] = end
			faults = append(faults, err)
		}
		return ends, errors.Join(faults...)
	}
}
