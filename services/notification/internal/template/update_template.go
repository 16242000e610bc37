package template

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// UpdateTemplate makes a new version of a template. The versions before stay, and so does every message that was made with
// them.
//
// Errors: NOT_FOUND for an unknown template; INVALID_ARGUMENT for a field that the fact does not have, a brace that is not
// closed, a language that comes twice, or where there is no English; ABORTED (ETAG_MISMATCH) where somebody else changed the
// template meanwhile.
func (s *Service) UpdateTemplate(
	ctx context.Context, req *notificationv1.UpdateTemplateRequest,
) (*notificationv1.Template, error) {
	d, known := s.templates[resource.ID(req.GetTemplate().GetName())]
	if !known {
		return nil, errs.NotFound(req.GetTemplate().GetName())
	}
	if _, err := resource.MaskPaths(req.GetUpdateMask(), req.GetTemplate(), "texts"); err != nil {
		return nil, err
	}
	texts := textsOf(req.GetTemplate().GetTexts())
	if faults := d.faults(texts); len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	next := version{texts: texts, updated: timestamppb.New(s.clock.Now())}
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*notificationv1.Template, error) {
		return d.change(tx, next, req.GetTemplate().GetEtag())
	})
}

// change makes the next version, if the caller has seen the latest.
func (d *definition) change(tx *sqldb.Tx, next version, etag string) (*notificationv1.Template, error) {
	rows, err := tx.Batch(sqldb.Q(selectLatest, d.id))
	if err != nil {
		return nil, err
	}
	now, err := d.latest(rows[0])
	if err != nil {
		return nil, err
	}
	if etag != "" && etag != now.etag() {
		return nil, errChanged(d.id)
	}
	next.number = now.number + 1
	stmt, err := insert(d.id, next)
	if err != nil {
		return nil, err
	}
	_, err = tx.Batch(stmt)
	return d.proto(next), err
}

func errChanged(id string) error {
	return errs.Stale("ETAG_MISMATCH", "%s%s was changed meanwhile; read it again", collection, id)
}
