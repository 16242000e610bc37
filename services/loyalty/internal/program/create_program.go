package program

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// CreateProgram creates a programme. From now on orders earn in it, too.
//
// Errors: ALREADY_EXISTS where the id is taken; INVALID_ARGUMENT for a currency that does not exist.
func (s *Service) CreateProgram(ctx context.Context, req *loyaltyv1.CreateProgramRequest) (*loyaltyv1.Program, error) {
	if err := knownCurrency(req.GetProgram()); err != nil {
		return nil, err
	}
	program := proto.CloneOf(req.GetProgram())
	program.Name = loyaltyv1.ProgramResourceName{Program: req.GetProgramId()}.String()
	program.Etag = resource.Etag(1)
	program.CreateTime = timestamppb.New(s.clock.Now())

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*loyaltyv1.Program, error) {
		_, err := programRows.Insert(tx, program)
		return program, err
	})
}
