package tracking

import (
	"context"
	"errors"
	"strings"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetTrackingEvent returns one step of an order's way.
//
// Errors: NOT_FOUND for an unknown step, and for a customer who asks about another's order.
func (s *Service) GetTrackingEvent(ctx context.Context, req *orderv1.GetTrackingEventRequest) (*orderv1.TrackingEvent, error) {
	order, text, _ := strings.Cut(orderID(req.GetName()), "/trackingEvents/")
	version, err := number(text)
	if err != nil {
		return nil, errs.NotFound(req.GetName())
	}
	results, err := s.db.Batch(ctx, sqldb.Q(selectState, order, access.ScopeOf(ctx).Customer),
		sqldb.Q(selectSteps+` where order_id = $1 and version = $2`, order, version))
	if err != nil {
		return nil, err
	}
	step, err := sqldb.One(results[1], scan)
	if results[0].Len() == 0 || errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return step, err
}
