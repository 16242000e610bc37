package cases

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

var entryListing = page.Listing{
	ID:     "number",
	Fields: []page.Field{{Name: "number", Kind: page.Int, OrderOnly: true}},
}

const selectVisible = `select id from cases where id = $1 and ($2 = '' or customer = $2)`

// ListCaseEntries lists by page what was said in a case, in the order in which it was written down.
//
// Errors: NOT_FOUND for an unknown case, and for a customer who asks about another's.
func (s *Service) ListCaseEntries(
	ctx context.Context, req *supportv1.ListCaseEntriesRequest,
) (*supportv1.ListCaseEntriesResponse, error) {
	query, err := entryListing.Parse(req)
	if err != nil {
		return nil, err
	}
	customer := access.ScopeOf(ctx).Customer
	visible := []page.Cond{page.Where("case_id = ?", resource.ID(req.GetParent()))}
	if customer != "" {
		visible = append(visible, page.Where("author <> ?", int64(supportv1.CaseEntry_NOTE)))
	}
	text, args := query.SQL(selectEntries, visible...)
	results, err := s.db.Batch(ctx, sqldb.Q(selectVisible, resource.ID(req.GetParent()), customer), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	found, err := sqldb.All(results[1], scanEntry)
	if err != nil {
		return nil, err
	}
	found, next, err := page.Cut(query, found, func(e numbered, _ string) any { return e.number })
	response := &supportv1.ListCaseEntriesResponse{NextPageToken: next}
	for _, e := range found {
		response.CaseEntries = append(response.CaseEntries, e.CaseEntry)
	}
	return response, err
}
