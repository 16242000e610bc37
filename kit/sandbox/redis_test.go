package sandbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sandbox"
	"kept.dev/kit/sqldb"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

func newProcess(client redis.UniversalClient, service, process string, dial func(service, address string) (grpc.ClientConnInterface, error)) *sandbox.Redis {
	return &sandbox.Redis{
		Client: client, Clock: &clock.Sandbox{}, Services: []string{"order", "customer"}, Service: service, Process: process,
		Address: service + "-" + process + ":9000", Dial: dial, Log: slog.New(slog.DiscardHandler),
	}
}

// dialled remembers whom it was asked for.
type dialled struct {
	sync.Mutex
	addresses map[string]int
}

func (d *dialled) dial(service, address string) (grpc.ClientConnInterface, error) {
	d.Lock()
	defer d.Unlock()
	d.addresses[service+" "+address]++
	return nil, nil
}

func TestRedisMembers(t *testing.T) {
	_, client := kittest.Redis(t)
	d := &dialled{addresses: map[string]int{}}
	order, second, customer := newProcess(client, "order", "1", d.dial), newProcess(client, "order", "2", d.dial), newProcess(client, "customer", "1", d.dial)
	_, err := order.Members(t.Context())
	require.ErrorContains(t, err, "no process of order is there")
	count := func(n int) func() bool {
		return func() bool {
			members, err := order.Members(t.Context())
			return err == nil && len(members) == n
		}
	}
	start(t, order.Run)
	require.Eventually(t, func() bool {
		_, err = order.Members(t.Context())
		return err != nil && err.Error() == "no process of customer is there"
	}, 5*time.Second, time.Millisecond)
	start(t, customer.Run)
	stop := start(t, second.Run)
	require.Eventually(t, count(3), 5*time.Second, time.Millisecond)
	stop()
	require.True(t, count(2)(), "who stops strikes itself off the list")
	require.Equal(t, map[string]int{"order order-1:9000": 1, "order order-2:9000": 1, "customer customer-1:9000": 1}, d.addresses)

	// One that dies does not; its entry runs out.
	require.NoError(t, client.ZAdd(t.Context(), "kept:{sandbox}:members", redis.Z{
		Score: float64(time.Now().Add(200 * time.Millisecond).UnixMilli()), Member: "order 3 order-3:9000",
	}).Err())
	require.True(t, count(3)())
	require.Eventually(t, count(2), 5*time.Second, time.Millisecond)
}

func TestALostListCountsWhenEverybodyIsOnItAgain(t *testing.T) {
	_, client := kittest.Redis(t)
	d := &dialled{addresses: map[string]int{}}
	order := newProcess(client, "order", "1", d.dial)
	start(t, order.Run)
	start(t, newProcess(client, "customer", "1", d.dial).Run)
	listed := func() (n int) {
		require.Eventually(t, func() bool {
			members, err := order.Members(t.Context())
			n = len(members)
			return err == nil
		}, 10*time.Second, time.Millisecond)
		return n
	}
	require.Equal(t, 2, listed())
	for i := range 5 { // each puts itself on the list at another moment of the second
		start(t, newProcess(client, "order", fmt.Sprint(2+i), d.dial).Run)
		<-time.After(150 * time.Millisecond)
	}
	require.Eventually(t, func() bool { return listed() == 7 }, 5*time.Second, time.Millisecond)

	require.NoError(t, client.FlushAll(t.Context()).Err())
	require.Equal(t, 7, listed())
}

func TestWhatTheClockSaysIsNotBehindAnotherProcess(t *testing.T) {
	_, client := kittest.Redis(t)
	one, two := newProcess(client, "order", "1", nil), newProcess(client, "customer", "1", nil)
	require.NoError(t, one.Share(t.Context(), 48*time.Hour))
	said, err := sandbox.New(two.Clock, two).GetClock(t.Context(), &opsv1.GetClockRequest{})
	require.NoError(t, err)
	require.WithinDuration(t, one.Clock.Now(), said.GetCurrentTime().AsTime(), time.Minute)
}

func TestRedisClocksMoveTogetherAndNeverBack(t *testing.T) {
	server, client := kittest.Redis(t)
	one, two := newProcess(client, "order", "1", nil), newProcess(client, "customer", "1", nil)
	require.NoError(t, one.Share(t.Context(), 48*time.Hour))
	require.NoError(t, two.Refresh(t.Context()))
	require.Equal(t, 48*time.Hour, two.Clock.Offset())
	require.NoError(t, two.Share(t.Context(), time.Hour))
	require.NoError(t, one.Refresh(t.Context()))
	require.Equal(t, 48*time.Hour, one.Clock.Offset())

	server.Stop(true)
	require.Error(t, one.Share(t.Context(), 50*time.Hour))
	require.NoError(t, server.Wipe())
	require.NoError(t, server.Restart(t.Context()))
	start(t, two.Run)
	newcomer := newProcess(client, "order", "2", nil)
	require.Eventually(t, func() bool {
		return newcomer.Refresh(t.Context()) == nil && newcomer.Clock.Offset() == 48*time.Hour
	}, 5*time.Second, time.Millisecond, "those who know the time bring it back")
}

// The story again, as processes would play it: each with its own clock, its own database server's database, Redis between.
func TestTwentyDaysOverRedis(t *testing.T) {
	server, client := kittest.Redis(t)
	s, channels := &story{}, map[string]*unit{}
	dial := func(service, _ string) (grpc.ClientConnInterface, error) { return channels[service].channel, nil }
	build := func(service string) (*sandbox.Redis, *sqldb.DB, bus.Bus) {
		world := newProcess(client, service, "1", dial)
		start(t, world.Run)
		return world, kittest.Open(t, kittest.NewURL(t, "postgres"), journal),
			bus.NewRedis(bus.RedisConfig{Client: client, Services: world.Services, Idle: time.Second})
	}
	orderWorld, db, b := build("order")
	s.order = newUnit(t, "order", db, orderWorld.Clock, b, orderWorld.Refresh, s.orderHears)
	customerWorld, db, b := build("customer")
	s.customer = newUnit(t, "customer", db, customerWorld.Clock, b, customerWorld.Refresh, s.customerHears)
	channels["order"], channels["customer"] = s.order, s.customer
	s.prepare(t, func() {})
	s.service = sandbox.New(orderWorld.Clock, orderWorld)

	s.setRings(t, 30, 9*24*time.Hour)
	_, err := advance(t.Context(), s.service, 10*24*time.Hour)
	require.NoError(t, err)
	s.requireOver(t, 30)

	// Redis loses everything in the middle of the next ten days.
	s.setRings(t, 30, 9*24*time.Hour)
	over := make(chan error, 1)
	go func() {
		_, err := advance(context.WithoutCancel(t.Context()), s.service, 10*24*time.Hour)
		over <- err
	}()
	require.Eventually(t, func() bool {
		return kittest.Number(t, s.customer.db, `select count(*) from journal where n = 1`) > 40
	}, 20*time.Second, time.Millisecond)
	server.Stop(true)
	require.NoError(t, server.Wipe())
	require.NoError(t, server.Restart(t.Context()))
	for err := range over {
		if err == nil {
			break
		}
		go func() { // the clock could not be shared while Redis was away: asked again, it goes on
			_, err := advance(context.WithoutCancel(t.Context()), s.service, 10*24*time.Hour)
			over <- err
		}()
		require.ErrorContains(t, err, "clock", fmt.Sprint(err))
	}
	s.requireOver(t, 60)
}

// A process that is started while Redis is away does nothing until it knows the time.
func TestAProcessBeginsWhenItKnowsTheTime(t *testing.T) {
	server, client := kittest.Redis(t)
	require.NoError(t, newProcess(client, "order", "1", nil).Share(t.Context(), 48*time.Hour))
	require.NoError(t, client.Save(t.Context()).Err())
	server.Stop(true)
	newcomer := newProcess(client, "order", "2", nil)
	begun := make(chan error, 1)
	go func() { begun <- newcomer.Begin(t.Context()) }()
	select {
	case err := <-begun:
		t.Fatal("it began without the time", err)
	case <-time.After(200 * time.Millisecond):
	}
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, <-begun)
	require.Equal(t, 48*time.Hour, newcomer.Clock.Offset())

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, newcomer.Begin(ended))
}
