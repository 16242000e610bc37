package imports

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// A part that does not follow what is there would give the content a size below zero.
const grow = `
	update import_job set
		state = case when state = 1 then 1 else 0 end,
		content = case when cast($2 as bigint) in (0, content) then cast($2 as bigint) + $3 else -1 end
	where id = $1
	returning content`

// WriteImportContent writes a part of the content, after what is there or from the beginning. What the row says of the size is
// what keeps parts from leaving a gap or lying over each other, whoever writes at the same moment.
//
// Errors: NOT_FOUND for an unknown import; INVALID_ARGUMENT naming the offset where the part would not follow what is there;
// FAILED_PRECONDITION (IMPORT_STARTED) once it is not UPLOADING any more, (IMPORT_TOO_LARGE) beyond 67,108,864 bytes.
func (s *Service) WriteImportContent(
	ctx context.Context, req *orderv1.WriteImportContentRequest,
) (*orderv1.WriteImportContentResponse, error) {
	id := idOf(req.GetName())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.WriteImportContentResponse, error) {
		rows, err := tx.Batch(sqldb.Q(grow, id, req.GetOffset(), int64(len(req.GetData()))).
			Refuse("import_job_state_known", errStarted(req.GetName())).
			Refuse("import_job_content_without_gaps", errs.Invalid("offset",
				"must be the content_size that %s has, so that the part follows what is there, or 0 to begin anew", req.GetName())).
			Refuse("import_job_content_limit", errs.Refused("IMPORT_TOO_LARGE",
				"an import holds at most 67,108,864 bytes; divide the file")))
		if err != nil {
			return nil, err
		}
		res := &orderv1.WriteImportContentResponse{}
		if !rows[0].Next() {
			return nil, errs.NotFound(req.GetName())
		}
		if err := rows[0].Scan(&res.ContentSize); err != nil {
			return nil, err
		}
		tx.Exec(`delete from import_content where import_id = $1 and start >= $2`, id, req.GetOffset())
		tx.Exec(`insert into import_content (import_id, start, size, data) values ($1, $2, $3, $4)`,
			id, req.GetOffset(), int64(len(req.GetData())), req.GetData())
		return res, nil
	})
}

func errStarted(name string) error {
	return errs.Refused("IMPORT_STARTED", "%s has been started, or is over", name)
}
