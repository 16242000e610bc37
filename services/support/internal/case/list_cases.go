package cases

import (
	"context"

	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// ListCases lists cases by page.
func (s *Service) ListCases(ctx context.Context, req *supportv1.ListCasesRequest) (*supportv1.ListCasesResponse, error) {
	return cases.List(ctx, s.db, req)
}
