package imports

import (
	"context"
	"encoding/json"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const start = `update import_job set state = case when state = 1 then 2 else 0 end, started = $2, found = $3, summary = $4`

// StartImport starts an import whose content is there. Its first line is read before, so that columns that are missing are found
// now and not in every row.
//
// Errors: NOT_FOUND for an unknown import; INVALID_ARGUMENT where the first line does not have the columns that are needed, naming
// them; FAILED_PRECONDITION (IMPORT_STARTED) where it has been started, (IMPORT_EMPTY) without content.
func (s *Service) StartImport(ctx context.Context, req *orderv1.StartImportRequest) (*orderv1.Import, error) {
	now, id := s.clock.Now(), idOf(req.GetName())
	inspect := func() (seen, error) { return s.inspect(ctx, req.GetName()) }
	return change.DoAfter(ctx, s.db, req, inspect, func(tx *sqldb.Tx, of seen) (*orderv1.Import, error) {
		abandoned.Cancel(tx, id)
		nextStep.Set(ctx, tx, id, now, nil)
		return move(tx, req.GetName(), errStarted(req.GetName()), start, now.UnixMicro(), of.found, of.summary)
	})
}

// seen is what was found out about a file.
type seen struct{ found, summary []byte }

// inspect refuses a file whose first lines are not what they should be. Of one that has been started there may be nothing left to see.
func (s *Service) inspect(ctx context.Context, name string) (seen, error) {
	j, err := s.find(ctx, name)
	if err != nil || j.GetState() != orderv1.Import_UPLOADING || j.GetContentSize() == 0 {
		return seen{}, err
	}
	file, err := s.opened(ctx, j)
	if titleless, ok := err.(titleFaults); ok {
		return seen{}, errs.InvalidFields(titleless...)
	}
	if err != nil {
		return seen{}, err
	}
	of := seen{}
	if of.found, err = json.Marshal(file.found); err == nil {
		of.summary, err = proto.Marshal(&orderv1.Import_Summary{Columns: file.columns})
	}
	return of, err
}

// opened reads the beginning of a file, or of the table in a workbook.
func (s *Service) opened(ctx context.Context, j job) (opened, error) {
	if j.GetFormat() != orderv1.Import_XLSX {
		return s.form(ctx, j)
	}
	book, err := s.workbook(ctx, j)
	if err != nil {
		return opened{}, err
	}
	zone, err := zoneOf(j.Import)
	if err != nil {
		return opened{}, err
	}
	head, err := table(book, titleRows, maxContent)
	if err != nil {
		return opened{}, err
	}
	o := opened{charset: charset{name: utf8Name}}
	return o, o.openCSV(j, head, zone, s.clock.Now())
}
