package notification

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kept.dev/kit/event"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func (b *fixture) follow(ctx context.Context, request *notificationv1.StreamMessagesRequest) notificationv1.MessageService_StreamMessagesClient {
	b.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	b.t.Cleanup(cancel)
	stream, err := b.messages().StreamMessages(ctx, request)
	require.NoError(b.t, err)
	return stream
}

func (b *fixture) delay(customer, order string) string {
	b.t.Helper()
	return "messages/" + b.told(&orderv1.OrderDelayed{Order: order, Customer: customer}).ID
}

func TestAStreamSendsWhatComes(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(olena, "en", "")
		b.meet(ivan, "en", "")
		first := b.delay(olena, "orders/1")
		fromNow := b.follow(b.customer(olena), &notificationv1.StreamMessagesRequest{Parent: olena})
		_, err := fromNow.Header() // it listens
		require.NoError(t, err)
		b.delay(ivan, "orders/2")
		second := "messages/" + b.told(b.shortage()).ID
		got, err := fromNow.Recv()
		require.NoError(t, err)
		require.Equal(t, second, got.GetName())
		require.NotEmpty(t, got.GetOptions()[0].GetAction(), "it is the addressee who listens")

		third := b.delay(olena, "orders/3")
		for _, ctx := range []context.Context{b.agent(), b.customer(ivan)} { // the chain refuses the second; the links don't rely on it
			later := b.follow(ctx, &notificationv1.StreamMessagesRequest{Parent: olena, LastSeen: first})
			for _, want := range []string{second, third} {
				got, err := later.Recv()
				require.NoError(t, err)
				require.Equal(t, want, got.GetName())
				for _, o := range got.GetOptions() {
					require.Empty(t, o.GetAction())
				}
			}
		}
	})
}

func TestAStreamBeginsAfterOnesOwnMessages(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.meet(ivan, "en", "")
		others := b.delay(ivan, "orders/1")
		for _, after := range []string{others, "messages/none"} {
			_, err := b.follow(b.customer(olena), &notificationv1.StreamMessagesRequest{Parent: olena, LastSeen: after}).Recv()
			require.Equal(t, codes.NotFound, status.Code(err))
			require.Equal(t, `"`+after+`" does not exist`, status.Convert(err).Message())
		}
	})
}

// Many processes may write to one inbox at once: whoever follows it gets each message once, and none is passed over.
func TestAStreamPassesNothingOver(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		const writers, each = 8, 10
		b.meet(olena, "en", "")
		stream := b.follow(b.customer(olena), &notificationv1.StreamMessagesRequest{Parent: olena})
		_, err := stream.Header()
		require.NoError(t, err)
		var crowd sync.WaitGroup
		faults := make([]error, writers)
		for w := range writers {
			var events []event.Event
			for i := range each {
				events = append(events, b.news("test", 1, &orderv1.OrderDelayed{Order: fmt.Sprintf("orders/%d-%d", w, i), Customer: olena}))
			}
			crowd.Go(func() {
				for _, e := range events {
					faults[w] = errors.Join(faults[w], b.consumer.Handle(t.Context(), []event.Event{e}))
				}
			})
		}
		seen := map[string]bool{}
		for range writers * each {
			m, err := stream.Recv()
			require.NoError(t, err)
			require.False(t, seen[m.GetAbout()], m.GetAbout())
			seen[m.GetAbout()] = true
		}
		crowd.Wait()
		require.NoError(t, errors.Join(faults...))
		require.Len(t, seen, writers*each)
	})
}
