package imports

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const resume = `update import_job set state = case when state = 3 then 2 else 0 end`

// ResumeImport has a paused import go on where it stands.
//
// Errors: NOT_FOUND for an unknown import; FAILED_PRECONDITION (IMPORT_NOT_PAUSED).
func (s *Service) ResumeImport(ctx context.Context, req *orderv1.ResumeImportRequest) (*orderv1.Import, error) {
	now := s.clock.Now()
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Import, error) {
		nextStep.Set(ctx, tx, idOf(req.GetName()), now, nil)
		return move(tx, req.GetName(), errs.Refused("IMPORT_NOT_PAUSED", "%s is not paused", req.GetName()), resume)
	})
}
