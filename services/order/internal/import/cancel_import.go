package imports

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const cancel = `update import_job set state = case when state in (1, 2, 3) then 5 else 0 end, ended = $2`

// CancelImport calls an import off. What it has imported stays.
//
// Errors: NOT_FOUND for an unknown import; FAILED_PRECONDITION (IMPORT_ENDED).
func (s *Service) CancelImport(ctx context.Context, req *orderv1.CancelImportRequest) (*orderv1.Import, error) {
	now := s.clock.Now()
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Import, error) {
		nextStep.Cancel(tx, idOf(req.GetName()))
		s.tidy(ctx, tx, idOf(req.GetName()), now)
		return move(tx, req.GetName(), errs.Refused("IMPORT_ENDED", "%s is over", req.GetName()), cancel, now.UnixMicro())
	})
}
