package program

import (
	"context"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

var listing = page.Listing{ID: "id"}

// ListPrograms lists the programmes by page, by their ids.
func (s *Service) ListPrograms(
	ctx context.Context, req *loyaltyv1.ListProgramsRequest,
) (*loyaltyv1.ListProgramsResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(selectPrograms)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	programs, err := sqldb.All(rows, scan)
	if err != nil {
		return nil, err
	}
	programs, next, err := page.Cut(query, programs, func(p *loyaltyv1.Program, _ string) any { return idOf(p.GetName()) })
	return &loyaltyv1.ListProgramsResponse{Programs: programs, NextPageToken: next}, err
}
