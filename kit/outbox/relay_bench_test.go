package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

// BenchmarkPublish measures events that a relay reads, hands to a bus that costs nothing or to Redis, and marks.
func BenchmarkPublish(b *testing.B) {
	_, client := kittest.Redis(b)
	for name, to := range map[string]bus.Bus{"nowhere": nowhere{}, "redis": redisBus(client)} {
		for _, dialect := range kittest.Dialects {
			b.Run(name+"/"+dialect, func(b *testing.B) {
				h := &house{order: kittest.Open(b, kittest.NewURL(b, dialect))}
				box := outbox.New("order", clock.Wall{})
				for written := 0; written < b.N; written += 1000 {
					require.NoError(b, h.order.Background().Update(b.Context(), "say", func(tx *sqldb.Tx) error {
						for i := range min(1000, b.N-written) {
							if err := box.Append(b.Context(), tx, "w", 1, wrapperspb.String(fmt.Sprintf("%100d", i))); err != nil {
								return err
							}
						}
						return nil
					}))
				}
				b.ResetTimer()
				_, stop := h.replica(b, to, 3*time.Second)
				for kittest.Number(b, h.order, `select count(*) from (select id from outbox where pending limit 1) p`) > 0 {
					<-time.After(5 * time.Millisecond)
				}
				b.StopTimer()
				stop()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

type nowhere struct{ *bus.Local }

func (nowhere) Publish(context.Context, string, bus.Number, []event.Event) error { return nil }
