package tracking

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var listing = page.Listing{
	ID:     "version",
	Fields: []page.Field{{Name: "version", Kind: page.Int, OrderOnly: true}},
}

// ListTrackingEvents lists the steps of an order's way by page.
//
// Errors: NOT_FOUND for an unknown order, and for a customer who asks about another's.
func (s *Service) ListTrackingEvents(
	ctx context.Context, req *orderv1.ListTrackingEventsRequest,
) (*orderv1.ListTrackingEventsResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	id := orderID(req.GetParent())
	text, args := query.SQL(selectSteps, page.Where("order_id = ?", id))
	results, err := s.db.Batch(ctx, sqldb.Q(selectState, id, access.ScopeOf(ctx).Customer), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	steps, err := sqldb.All(results[1], scan)
	if err != nil {
		return nil, err
	}
	steps, next, err := page.Cut(query, steps, func(e *orderv1.TrackingEvent, _ string) any { return versionOf(e) })
	return &orderv1.ListTrackingEventsResponse{TrackingEvents: steps, NextPageToken: next}, err
}
