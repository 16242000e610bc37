package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

func redisBus(client redis.UniversalClient) *bus.Redis {
	return bus.NewRedis(bus.RedisConfig{Client: client, Services: []string{"order", "customer"}, Idle: 300 * time.Millisecond})
}

// speak has many callers say n words through two replicas.
func (h *house) speak(t *testing.T, boxes []*outbox.Outbox, prefix string, n int) {
	var callers sync.WaitGroup
	for i := range n {
		callers.Go(func() { h.say(t, boxes[i%2], fmt.Sprint(prefix, i)) })
	}
	callers.Wait()
}

func TestEachEventOfTwoReplicasHasItsEffectOnce(t *testing.T) {
	_, client := kittest.Redis(t)
	for name, buses := range map[string]func() (a, b bus.Bus){
		"local": func() (a, b bus.Bus) { l := bus.NewLocal("order", "customer"); return l, l },
		"redis": func() (a, b bus.Bus) { client.FlushAll(t.Context()); return redisBus(client), redisBus(client) },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				b1, b2 := buses()
				first, _ := h.replica(t, b1, time.Second)
				second, _ := h.replica(t, b2, time.Second)
				h.listener(t, b1)
				h.listener(t, b2)
				h.speak(t, []*outbox.Outbox{first, second}, "w", 1500)
				h.awaitOnce(t, 1500)
			})
		})
	}
}

func TestAnotherReplicaTakesOver(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		local := bus.NewLocal("order", "customer")
		h.listener(t, local)
		first, stop := h.replica(t, local, 200*time.Millisecond)
		h.say(t, first, "a")
		h.awaitOnce(t, 1)
		second, _ := h.replica(t, local, 200*time.Millisecond)
		h.say(t, second, "b") // published by the first, which holds the lease
		h.awaitOnce(t, 2)
		stop()
		h.say(t, second, "c")
		h.awaitOnce(t, 3)

		kittest.Exec(t, h.order, `update lease set holder = 'one that died', until = $1`, time.Now().Add(300*time.Millisecond).UnixMicro())
		h.say(t, second, "d")
		h.awaitOnce(t, 4)
	})
}

// A relay that dies after it has published and before it has noted so leaves its events pending.
func TestWhatIsPublishedTwiceIsKnown(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		local := bus.NewLocal("order", "customer")
		h.listener(t, local)
		b := &losing{Bus: local, db: h.order}
		b.overtake.Store(true)
		box, _ := h.replica(t, b, 100*time.Millisecond)
		var words []string
		for i := range 40 {
			words = append(words, fmt.Sprint(i))
		}
		h.say(t, box, words...)
		h.awaitOnce(t, 40)
		require.Greater(t, b.published.Load(), int64(40), "some were published again")
	})
}

// losing loses the lease to another replica, once, between publishing and noting it.
type losing struct {
	bus.Bus
	db        *sqldb.DB
	overtake  atomic.Bool
	published atomic.Int64
}

func (l *losing) Publish(ctx context.Context, source string, number bus.Number, events []event.Event) error {
	err := l.Bus.Publish(ctx, source, number, events)
	l.published.Add(int64(len(events)))
	if err == nil && l.overtake.CompareAndSwap(true, false) {
		err = l.db.Background().Update(ctx, "test", func(tx *sqldb.Tx) error {
			tx.Exec(`update lease set holder = 'another', until = $1`, time.Now().Add(200*time.Millisecond).UnixMicro())
			return nil
		})
	}
	return err
}

func TestEventsSurviveARedisThatLosesEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		server, client := kittest.Redis(t)
		b1, b2 := redisBus(client), redisBus(client)
		first, _ := h.replica(t, b1, time.Second)
		second, _ := h.replica(t, b2, time.Second)
		stopListening := h.listener(t, b1)
		boxes := []*outbox.Outbox{first, second}
		h.speak(t, boxes, "before", 400)
		h.awaitOnce(t, 400)

		stopListening()
		h.speak(t, boxes, "unheard", 700) // published, and nobody has taken them
		require.Eventually(t, func() bool { return h.pending(t) == 0 }, 10*time.Second, time.Millisecond)
		server.Stop(true)
		require.NoError(t, server.Wipe())
		var meanwhile sync.WaitGroup
		meanwhile.Go(func() { h.speak(t, boxes, "meanwhile", 300) })
		require.NoError(t, server.Restart(t.Context()))
		meanwhile.Wait()
		require.Eventually(t, func() bool {
			owing, err := outbox.Pending(t.Context(), h.order, b1, "order")
			return err == nil && !owing
		}, 20*time.Second, time.Millisecond)
		h.listener(t, b2)
		h.awaitOnce(t, 1400)
		require.Eventually(t, func() bool {
			n, err := b2.Pending(t.Context(), "customer")
			return err == nil && n == 0
		}, 10*time.Second, time.Millisecond)
	})
}

// The window is put back part by part; a replica that takes over in the middle goes on.
func TestPuttingBackTheWindowGoesOnWhereAnotherStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, client := kittest.Redis(t)
		b := redisBus(client)
		box := outbox.New("order", clock.Wall{})
		var ids []string
		require.NoError(t, h.order.Update(t.Context(), "say", func(tx *sqldb.Tx) error {
			for i := range 20 {
				if err := box.Append(t.Context(), tx, "w", 1, wrapperspb.String(fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		}))
		rows, err := h.order.Query(t.Context(), `select id from outbox order by id`)
		require.NoError(t, err)
		ids, err = sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
		require.NoError(t, err)
		kittest.Exec(t, h.order, `update outbox set pending = false`)
		kittest.Exec(t, h.order, `insert into lease (name, holder, until, state) values ('relay', 'dead', 0, $1)`, "0 done up to "+ids[11])
		owing, err := outbox.Pending(t.Context(), h.order, b, "order")
		require.NoError(t, err)
		require.True(t, owing)

		h.listener(t, b)
		h.replica(t, b, time.Second)
		h.awaitOnce(t, 8)
		require.Eventually(t, func() bool {
			owing, err := outbox.Pending(t.Context(), h.order, b, "order")
			return err == nil && !owing
		}, 5*time.Second, time.Millisecond)
	})
}

// Each event goes its way although its bus fails now and then.
func TestPublishingIsTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		local := bus.NewLocal("order", "customer")
		h.listener(t, local)
		box, _ := h.replica(t, &failing{Bus: local}, time.Second)
		h.say(t, box, "a", "b", "c")
		h.awaitOnce(t, 3)
	})
}

type failing struct {
	bus.Bus
	n atomic.Int64
}

func (f *failing) Publish(ctx context.Context, source string, number bus.Number, events []event.Event) error {
	if f.n.Add(1) < 4 {
		return errors.New("the bus is away")
	}
	return f.Bus.Publish(ctx, source, number, events)
}
