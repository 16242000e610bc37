package program

import (
	"context"

	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// GetProgram returns one programme.
//
// Errors: NOT_FOUND for an unknown programme.
func (s *Service) GetProgram(ctx context.Context, req *loyaltyv1.GetProgramRequest) (*loyaltyv1.Program, error) {
	return programs.Get(ctx, s.db, req)
}
