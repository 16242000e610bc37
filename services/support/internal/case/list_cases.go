package cases

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "created", Kind: page.Timestamp},
		{Name: "reply_due_time", Column: "due", Kind: page.Timestamp},
		{Name: "customer", Kind: page.String, FilterOnly: true},
		{Name: "about", Kind: page.String, FilterOnly: true},
		{Name: "state", Kind: page.Enum, Enum: supportv1.Case_OPEN, FilterOnly: true},
		{Name: "kind", Kind: page.Enum, Enum: supportv1.Case_QUESTION, FilterOnly: true},
		{Name: "queue", Kind: page.String, FilterOnly: true},
		{Name: "agent", Kind: page.String, FilterOnly: true},
		{Name: "escalated", Kind: page.Bool, FilterOnly: true},
	},
}

// ListCases lists cases by page.
func (s *Service) ListCases(ctx context.Context, req *supportv1.ListCasesRequest) (*supportv1.ListCasesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	var own []page.Cond
	if customer := access.ScopeOf(ctx).Customer; customer != "" {
		own = append(own, page.Where("customer = ?", customer))
	}
	text, args := query.SQL(selectCases, own...)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, scan)
	if err != nil {
		return nil, err
	}
	found, next, err := page.Cut(query, found, column)
	response := &supportv1.ListCasesResponse{NextPageToken: next}
	for _, r := range found {
		response.Cases = append(response.Cases, r.Case)
	}
	return response, err
}

func column(r *record, name string) any {
	switch name {
	case "created":
		return micros(r.GetCreateTime())
	case "due":
		return micros(r.GetReplyDueTime())
	default:
		return idOf(r.GetName())
	}
}
