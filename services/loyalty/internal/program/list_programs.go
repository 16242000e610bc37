package program

import (
	"context"

	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// ListPrograms lists the programmes by page, by their ids.
func (s *Service) ListPrograms(
	ctx context.Context, req *loyaltyv1.ListProgramsRequest,
) (*loyaltyv1.ListProgramsResponse, error) {
	return programs.List(ctx, s.db, req)
}
