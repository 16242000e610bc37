package tracking

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// atOnce is how many steps are read at a time.
const atOnce = 100

// TrackOrder sends the steps of an order's way: those so far, or after a given one, and then each as it happens. It ends with
// the order. What is listened to is only that there is news; the steps themselves are read, so none is missed or sent twice.
//
// Errors: NOT_FOUND for an unknown order, and for a customer who asks about another's; INVALID_ARGUMENT where after is no
// step of this order.
func (s *Service) TrackOrder(req *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
	after, err := start(req)
	if err != nil {
		return err
	}
	news := s.live.Listen(req.GetName()) // before the first look, so that nothing happens between the two
	defer news.Close()
	for {
		steps, over, err := s.since(stream.Context(), req.GetName(), after)
		if err != nil {
			return err
		}
		for _, step := range steps {
			if err := stream.Send(step); err != nil {
				return err
			}
			after = versionOf(step)
		}
		switch {
		case over:
			return nil
		case len(steps) == atOnce:
			continue
		}
		if err := news.Wait(stream.Context()); err != nil {
			return err
		}
	}
}

// start is the number of the last step that the caller has seen, 0 for none.
func start(req *orderv1.TrackOrderRequest) (int64, error) {
	if req.GetLastSeen() == "" {
		return 0, nil
	}
	id, ok := strings.CutPrefix(req.GetLastSeen(), req.GetName()+"/trackingEvents/")
	after, err := number(id)
	if !ok || err != nil || after < 1 {
		return 0, errs.Invalid("last_seen", "%q is no step of %s", req.GetLastSeen(), req.GetName())
	}
	return after, nil
}

// since reads the steps after one, and tells whether none will follow. The order's state is read before its steps: if it
// had come to its end by then, the steps are all there are.
func (s *Service) since(ctx context.Context, order string, after int64) (steps []*orderv1.TrackingEvent, over bool, err error) {
	id := orderID(order)
	results, err := s.db.Batch(ctx,
		sqldb.Q(selectState, id, access.ScopeOf(ctx).Customer), sqldb.Q(selectStepsAfter, id, after, int64(atOnce)))
	if err != nil {
		return nil, false, err
	}
	state, err := sqldb.One(results[0], scanState)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, false, errs.NotFound(order)
	}
	if err != nil {
		return nil, false, err
	}
	steps, err = sqldb.All(results[1], scan)
	return steps, ended(state) && len(steps) < atOnce, err
}

// ended tells whether an order in this state goes nowhere any more, unless its customer sends it back.
func ended(state orderv1.Order_State) bool {
	return state == orderv1.Order_DELIVERED || state == orderv1.Order_CANCELLED || state == orderv1.Order_RETURNED
}
