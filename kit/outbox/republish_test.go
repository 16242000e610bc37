package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

const stringType = "google.protobuf.StringValue"

// written writes events that were published before into the outbox, and returns their ids.
func (h *house) written(t testing.TB, n int, typ string, age time.Duration) (ids []string) {
	t.Helper()
	var rows [][]any
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s%06d", id.Floor(time.Now().Add(-age)), i))
		rows = append(rows, []any{ids[len(ids)-1], false, typ, "words/a", 1, time.Now().UnixMicro(), "", []byte{}})
	}
	require.NoError(t, h.order.Update(t.Context(), "write", func(tx *sqldb.Tx) error {
		tx.ExecValues(`insert into outbox (id, pending, type, subject, version, time, traceparent, data) values`, rows, ``)
		return nil
	}))
	return ids
}

// TestARelayGrantsWishes: events of the wished types are published again, those since the given time.
func TestARelayGrantsWishes(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, client := kittest.Redis(t)
		for name, b := range map[string]bus.Bus{"local": bus.NewLocal("order", "customer"), "redis": redisBus(client)} {
			t.Run(name, func(t *testing.T) {
				kittest.Exec(t, h.order, `delete from outbox`)
				since := time.Now().Add(-time.Hour)
				h.written(t, 3, stringType, 2*time.Hour)
				wished := h.written(t, 5, stringType, time.Minute)
				h.written(t, 3, "kept.test.v1.Else", time.Minute+time.Second)
				got := make(chan string, 100)
				start(t, func(ctx context.Context) error {
					return b.Consume(ctx, "customer", func(_ context.Context, events []event.Event) error {
						for _, e := range events {
							got <- e.ID
						}
						return nil
					})
				})
				start(t, func(ctx context.Context) error {
					return b.Consume(ctx, "order", func(context.Context, []event.Event) error { return nil })
				})
				_, stop := h.replica(t, b, time.Second)
				require.NoError(t, republish(t, b, since))
				require.Eventually(t, func() bool {
					wishes, err := b.Wishes(t.Context(), "order")
					return err == nil && len(wishes) == 0 && h.pending(t) == 0 && len(got) >= len(wished)
				}, 15*time.Second, time.Millisecond)
				stop()
				close(got)
				var all []string
				for id := range got {
					all = append(all, id)
				}
				require.ElementsMatch(t, wished, all)
			})
		}
	})
}

// republish wishes, and has the relay of "customer" grant it, which nobody has here.
func republish(t testing.TB, b bus.Bus, since time.Time) error {
	done := make(chan error, 1)
	go func() { done <- b.Republish(t.Context(), []string{stringType}, since) }()
	for t.Context().Err() == nil {
		select {
		case err := <-done:
			return err
		default:
		}
		wishes, err := b.Wishes(t.Context(), "customer")
		if err == nil {
			err = b.Granted(t.Context(), "customer", wishes)
		}
		if err != nil {
			return err
		}
	}
	return t.Context().Err()
}

// measuring notes how many events wait while some are published.
type measuring struct {
	bus.Bus
	pending func() int64
	most    int64
}

func (m *measuring) Publish(ctx context.Context, source string, number bus.Number, events []event.Event) error {
	m.most = max(m.most, m.pending())
	return m.Bus.Publish(ctx, source, number, events)
}

// However much a bus has lost, it is put back a bounded part at a time.
func TestWhatWasLostIsPutBackInParts(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, client := kittest.Redis(t)
		h.written(t, 12_000, stringType, time.Hour)
		kittest.Exec(t, h.order, `insert into lease (name, holder, until, state) values ('relay', '', 0, '7')`)
		b := &measuring{Bus: redisBus(client), pending: func() int64 { return h.pending(t) }}
		_, stop := h.replica(t, b, 10*time.Second)
		require.Eventually(t, func() bool {
			owing, err := outbox.Pending(t.Context(), h.order, b.Bus, "order")
			return err == nil && !owing && h.pending(t) == 0
		}, 60*time.Second, 10*time.Millisecond)
		stop()
		require.EqualValues(t, 12_000, client.XLen(t.Context(), "kept:events:{order}").Val())
		require.LessOrEqual(t, b.most, int64(5000))
	})
}
