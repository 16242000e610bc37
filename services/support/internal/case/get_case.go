package cases

import (
	"context"

	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// GetCase returns one case.
//
// Errors: NOT_FOUND for an unknown case, and for a customer who asks about another's.
func (s *Service) GetCase(ctx context.Context, req *supportv1.GetCaseRequest) (*supportv1.Case, error) {
	return cases.Get(ctx, s.db, req)
}
