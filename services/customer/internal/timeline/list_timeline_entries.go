package timeline

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "event_time desc",
	Fields: []page.Field{
		{Name: "event_time", Kind: page.Timestamp},
		{Name: "event_type", Kind: page.String, FilterOnly: true},
		{Name: "source", Kind: page.String, FilterOnly: true},
		{Name: "resource", Kind: page.String, FilterOnly: true},
		{Name: "about", Kind: page.String, FilterOnly: true},
		{Name: "channel", Kind: page.Enum, Enum: typepb.Channel_WEB, FilterOnly: true},
	},
}

// ListTimelineEntries lists what happened to a customer, by page.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who asks about another.
func (s *Service) ListTimelineEntries(
	ctx context.Context, req *customerv1.ListTimelineEntriesRequest,
) (*customerv1.ListTimelineEntriesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(selectEntries, page.Where("customer = ?", req.GetParent()))
	results, err := s.db.Batch(ctx, knownCustomer(req.GetParent()), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	rows, err := sqldb.All(results[1], scan)
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Cut(query, rows, column)
	res := &customerv1.ListTimelineEntriesResponse{NextPageToken: next}
	for _, r := range rows {
		res.TimelineEntries = append(res.TimelineEntries, r.TimelineEntry)
	}
	return res, err
}

func column(r row, name string) any {
	if name == "event_time" {
		return r.GetEventTime().AsTime().UnixMicro()
	}
	return idOf(r.GetName())
}
