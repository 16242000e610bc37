package program

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// GetProgram returns one programme.
//
// Errors: NOT_FOUND for an unknown programme.
func (s *Service) GetProgram(ctx context.Context, req *loyaltyv1.GetProgramRequest) (*loyaltyv1.Program, error) {
	rows, err := s.db.Query(ctx, selectPrograms+` where id = $1`, idOf(req.GetName()))
	if err != nil {
		return nil, err
	}
	program, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return program, err
}
