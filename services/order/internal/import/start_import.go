package imports

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const start = `update import_job set state = case when state = 1 then 2 else 0 end, started = $2`

// StartImport starts an import whose content is there. Its first line is read before, so that columns that are missing are found
// now and not in every row.
//
// Errors: NOT_FOUND for an unknown import; INVALID_ARGUMENT where the first line does not have the columns that are needed, naming
// them; FAILED_PRECONDITION (IMPORT_STARTED) where it has been started, (IMPORT_EMPTY) without content.
func (s *Service) StartImport(ctx context.Context, req *orderv1.StartImportRequest) (*orderv1.Import, error) {
	now, id := s.clock.Now(), idOf(req.GetName())
	look := func() (struct{}, error) { return struct{}{}, s.look(ctx, req.GetName()) }
	return change.DoAfter(ctx, s.db, req, look, func(tx *sqldb.Tx, _ struct{}) (*orderv1.Import, error) {
		abandoned.Cancel(tx, id)
		nextStep.Set(ctx, tx, id, now, nil)
		return move(tx, req.GetName(), errStarted(req.GetName()), start, now.UnixMicro())
	})
}

// look refuses a file whose first line is not what it should be. Of one that has been started there may be nothing left to see.
func (s *Service) look(ctx context.Context, name string) error {
	j, err := s.find(ctx, name)
	if err != nil || j.GetState() != orderv1.Import_UPLOADING || j.GetContentSize() == 0 {
		return err
	}
	if _, err = s.form(ctx, j); err == nil {
		return nil
	}
	if titleless, ok := err.(titleFaults); ok {
		return errs.InvalidFields(titleless...)
	}
	return err
}
