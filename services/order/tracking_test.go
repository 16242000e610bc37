package order_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// way is an order's way as text: the number of each step, and how the order stood after it.
func (h *fixture) way(order string) (steps []string) {
	list, err := h.tracking.ListTrackingEvents(h.customer(), &orderv1.ListTrackingEventsRequest{Parent: order})
	require.NoError(h.t, err)
	for _, e := range list.GetTrackingEvents() {
		steps = append(steps, h.step(order, e))
	}
	return steps
}

func (h *fixture) step(order string, e *orderv1.TrackingEvent) string {
	_, id := splitName(e.GetName())
	require.Equal(h.t, order+"/trackingEvents/"+id, e.GetName())
	return fmt.Sprintf("%s %s %s: %s", id, e.GetState(), e.GetPromiseState(), e.GetNote())
}

func TestTheWayOfAnOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		l := h.lacking(1)
		name := l.order.GetName()
		require.Equal(t, "1 PLACED OPEN: placed", h.way(name)[0])
		h.clock.pass(time.Hour)
		_, err := h.answer(h.customer(), l.shortage, orderv1.Shortage_WAIT)
		require.NoError(t, err)
		h.adjust(l.pot, 1)
		h.clock.pass(threeDays)
		h.overdue(h.get(name).GetPromise(), name)
		_, err = h.move(l.order, "pick", "ship", "deliver", "return")
		require.NoError(t, err)
		require.Equal(t, []string{
			"1 PLACED OPEN: placed",
			"2 PLACED OPEN: missing: 1 of Product " + l.pot[len("products/"):] + "; the customer is being asked",
			"3 PLACED OPEN: waiting for what is missing",
			"4 PLACED BROKEN: not delivered by the promised time",
			"5 PICKED BROKEN: taken from the shelf",
			"6 SHIPPED BROKEN: handed to the carrier",
			"7 DELIVERED BROKEN: delivered",
			"8 RETURNED BROKEN: sent back: Too small",
		}, h.way(name))
		list, err := h.tracking.ListTrackingEvents(h.customer(), &orderv1.ListTrackingEventsRequest{Parent: name})
		require.NoError(t, err)
		steps := list.GetTrackingEvents()
		require.True(t, proto.Equal(l.order.GetCreateTime(), steps[0].GetEventTime()))
		require.True(t, proto.Equal(l.order.GetPromisedDeliveryTime(), steps[0].GetExpectedDeliveryTime()), "as it was then")
		require.True(t, proto.Equal(l.shortage.GetExpectedDeliveryTime(), steps[2].GetExpectedDeliveryTime()))
		require.True(t, proto.Equal(h.get(name).GetDeliverTime(), steps[6].GetEventTime()))

		request := &orderv1.ListTrackingEventsRequest{Parent: name, PageSize: 3}
		for i := 0; i < len(steps); i += 3 {
			page, err := h.tracking.ListTrackingEvents(h.customer(), request)
			require.NoError(t, err)
			for j, step := range page.GetTrackingEvents() {
				require.True(t, proto.Equal(steps[i+j], step))
			}
			request.PageToken = page.GetNextPageToken()
		}
		require.Empty(t, request.GetPageToken())
		_, err = h.tracking.ListTrackingEvents(h.stranger(), &orderv1.ListTrackingEventsRequest{Parent: name})
		refused(t, "NOT_FOUND", err)
	})
}

// follower is the other end of a stream.
type follower struct {
	grpc.ServerStream
	ctx   context.Context
	steps chan *orderv1.TrackingEvent
	end   chan error
}

func (f *follower) Context() context.Context { return f.ctx }

func (f *follower) Send(e *orderv1.TrackingEvent) error {
	f.steps <- e
	return nil
}

// follow follows an order; the function ends it.
func (h *fixture) follow(ctx context.Context, order, after string) (*follower, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{ctx: ctx, steps: make(chan *orderv1.TrackingEvent, 1000), end: make(chan error, 1)}
	go func() { f.end <- h.tracking.TrackOrder(&orderv1.TrackOrderRequest{Name: order, LastSeen: after}, f) }()
	h.t.Cleanup(cancel)
	return f, cancel
}

// patience is for how long what should come at once may take on a busy machine: less than a stream looks by itself.
const patience = 4 * time.Second

func (h *fixture) next(f *follower, order string) string {
	select {
	case e := <-f.steps:
		return h.step(order, e)
	case err := <-f.end:
		require.NotEmpty(h.t, f.steps, "the stream has ended: %v", err)
		f.end <- err
		return h.step(order, <-f.steps)
	case <-time.After(patience):
		require.Fail(h.t, "no step came")
	}
	return ""
}

func (h *fixture) over(f *follower) error {
	select {
	case err := <-f.end:
		require.Empty(h.t, f.steps)
		return err
	case <-time.After(patience):
		require.Fail(h.t, "the stream does not end")
		return nil
	}
}

func TestAnOrderIsFollowedToItsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		o := h.order(wanted{h.product(2500, 10), 2})
		name := o.GetName()
		f, _ := h.follow(h.customer(), name, "")
		require.Equal(t, "1 PLACED OPEN: placed", h.next(f, name))
		_, err := h.move(o, "pick")
		require.NoError(t, err)
		require.Equal(t, "2 PICKED OPEN: taken from the shelf", h.next(f, name))
		late, _ := h.follow(h.agent(), name, name+"/trackingEvents/1")
		require.Equal(t, "2 PICKED OPEN: taken from the shelf", h.next(late, name))
		_, err = h.move(o, "ship", "deliver")
		require.NoError(t, err)
		for _, f := range []*follower{f, late} {
			require.Equal(t, "3 SHIPPED OPEN: handed to the carrier", h.next(f, name))
			require.Equal(t, "4 DELIVERED KEPT: delivered", h.next(f, name))
			require.NoError(t, h.over(f))
		}
		again, _ := h.follow(h.customer(), name, name+"/trackingEvents/4")
		require.NoError(t, h.over(again), "there is nothing more to come")
		_, err = h.move(o, "return")
		require.NoError(t, err)
		again, _ = h.follow(h.customer(), name, name+"/trackingEvents/4")
		require.Equal(t, "5 RETURNED KEPT: sent back: Too small", h.next(again, name))
		require.NoError(t, h.over(again))
	})
}

func TestWhoMayFollow(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		o := h.order(wanted{h.product(2500, 10), 2})
		name := o.GetName()
		f, _ := h.follow(h.stranger(), name, "")
		refused(t, "NOT_FOUND", h.over(f))
		f, _ = h.follow(h.customer(), "orders/none", "")
		refused(t, "NOT_FOUND", h.over(f))
		for _, after := range []string{"orders/none/trackingEvents/1", name + "/trackingEvents/x", name + "/trackingEvents/0"} {
			f, _ = h.follow(h.customer(), name, after)
			refused(t, "INVALID_REQUEST", h.over(f))
		}
		f, cancel := h.follow(h.customer(), name, name+"/trackingEvents/1")
		cancel()
		require.ErrorIs(t, h.over(f), context.Canceled)
	})
}
