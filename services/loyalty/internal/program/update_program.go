package program

import (
	"context"

	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// UpdateProgram changes what is earned from now on. What was earned before stays: postings are never changed.
//
// Errors: NOT_FOUND for an unknown programme; INVALID_ARGUMENT for a mask with other fields, or a currency that does not
// exist; ABORTED (ETAG_MISMATCH) where the programme is another than the caller has seen.
func (s *Service) UpdateProgram(ctx context.Context, req *loyaltyv1.UpdateProgramRequest) (*loyaltyv1.Program, error) {
	if err := knownCurrency(req.GetProgram()); err != nil {
		return nil, err
	}
	return programs.Update(ctx, s.db, req)
}
