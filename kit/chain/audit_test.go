package chain_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// readLog notes what is read, or can't.
type readLog struct {
	noted []audit.Entry
	full  error
}

func (r *readLog) Note(_ context.Context, entries ...audit.Entry) error {
	r.noted = append(r.noted, entries...)
	return r.full
}

const getOrder = "/kept.order.v1.OrderService/GetOrder"

// newOrderBench is a chain in front of orders.
func newOrderBench(t *testing.T, reads chain.Reads) *bench {
	rules, err := access.Rules(orderv1.File_kept_order_v1_order_service_proto.Services().ByName("OrderService"),
		orderv1.File_kept_order_v1_tracking_service_proto.Services().ByName("TrackingService"))
	require.NoError(t, err)
	return newBench(t, func(c *chain.Config) { c.Rules, c.Reads = rules, reads })
}

func (b *bench) read(ctx context.Context) (any, error) {
	return b.Unary()(ctx, &orderv1.GetOrderRequest{Name: "orders/7"}, &grpc.UnaryServerInfo{FullMethod: getOrder},
		func(ctx context.Context, _ any) (any, error) {
			access.ScopeOf(ctx)
			return &orderv1.Order{Name: "orders/7", Customer: "customers/carl"}, nil
		})
}

func TestWhatEmployeesReadIsNoted(t *testing.T) {
	log := &readLog{}
	b := newOrderBench(t, log)
	_, err := b.read(as(t.Context(), carl))
	require.NoError(t, err)
	require.Empty(t, log.noted, "customers read their own")
	_, err = b.read(as(t.Context(), anna))
	require.NoError(t, err)
	require.Equal(t, []audit.Entry{{Resource: "orders/7", Subject: "customers/carl"}}, log.noted)
	log.full = errs.Unavailable("AUDIT", "no")
	answer, err := b.read(as(t.Context(), anna))
	require.Nil(t, answer, "what can't be noted is not shown")
	require.Equal(t, "AUDIT", errs.ReasonOf(err))
}

func TestWhatEmployeesListenToIsNoted(t *testing.T) {
	log := &readLog{}
	b := newOrderBench(t, log)
	stream := &incoming{ctx: as(t.Context(), anna), requests: []proto.Message{&orderv1.TrackOrderRequest{Name: "orders/7"}}}
	send := func() error {
		return b.Stream()(nil, stream, &grpc.StreamServerInfo{FullMethod: orderv1.TrackingService_TrackOrder_FullMethodName, IsServerStream: true},
			func(_ any, s grpc.ServerStream) error {
				access.ScopeOf(s.Context())
				if len(stream.requests) > 0 {
					if err := s.RecvMsg(&orderv1.TrackOrderRequest{}); err != nil {
						return err
					}
				}
				return s.SendMsg(&orderv1.TrackingEvent{Name: "orders/7/trackingEvents/1"})
			})
	}
	require.NoError(t, send())
	require.Equal(t, []audit.Entry{{Resource: "orders/7"}}, log.noted)
	sent := stream.sent
	log.full = errs.Unavailable("AUDIT", "no")
	require.Equal(t, "AUDIT", errs.ReasonOf(send()))
	require.Equal(t, sent, stream.sent)
}
