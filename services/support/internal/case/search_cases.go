package cases

import (
	"cmp"
	"context"
	"slices"

	"kept.dev/kit/resource"
	"kept.dev/kit/search"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// found is what cases are found by.
var found = search.Index{Kind: "case"}

// SearchCases finds cases by what was said in them, the best match first.
func (s *Service) SearchCases(ctx context.Context, req *supportv1.SearchCasesRequest) (*supportv1.SearchCasesResponse, error) {
	names, next, err := found.Find(ctx, s.db, req)
	if err != nil || len(names) == 0 {
		return &supportv1.SearchCasesResponse{}, err
	}
	ids, place := make([]string, len(names)), map[string]int{}
	for i, name := range names {
		ids[i], place[name] = resource.ID(name), i
	}
	list, args := sqldb.List(1, ids)
	rows, err := s.db.Query(ctx, caseColumnRows.Select()+` where id in `+list, args...)
	if err != nil {
		return nil, err
	}
	all, err := sqldb.All(rows, caseColumnRows.Scan)
	slices.SortFunc(all, func(a, b *supportv1.Case) int { return cmp.Compare(place[a.GetName()], place[b.GetName()]) })
	return &supportv1.SearchCasesResponse{Cases: all, NextPageToken: next}, err
}
