package imports

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const pause = `update import_job set state = case when state = 2 then 3 else 0 end`

// PauseImport has a running import stand still. A step that is under way finds that it is not running, and has no effect.
//
// Errors: NOT_FOUND for an unknown import; FAILED_PRECONDITION (IMPORT_NOT_RUNNING).
func (s *Service) PauseImport(ctx context.Context, req *orderv1.PauseImportRequest) (*orderv1.Import, error) {
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Import, error) {
		nextStep.Cancel(tx, idOf(req.GetName()))
		return move(tx, req.GetName(), errs.Refused("IMPORT_NOT_RUNNING", "%s is not running", req.GetName()), pause)
	})
}
