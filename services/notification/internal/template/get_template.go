package template

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// GetTemplate returns a template, in its latest version or an earlier one.
//
// Errors: NOT_FOUND for an unknown template or version.
func (s *Service) GetTemplate(
	ctx context.Context, req *notificationv1.GetTemplateRequest,
) (*notificationv1.Template, error) {
	d, known := s.templates[resource.ID(req.GetName())]
	if !known {
		return nil, errs.NotFound(req.GetName())
	}
	if req.GetVersion() == 1 {
		return d.proto(d.seed()), nil
	}
	query, args := selectLatest, []any{d.id}
	if req.GetVersion() > 1 {
		query, args = selectVersion, []any{d.id, int64(req.GetVersion())}
	}
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	v, err := sqldb.One(rows, scanVersion)
	switch {
	case err == nil:
		return d.proto(v), nil
	case !errors.Is(err, sqldb.ErrNoRow):
		return nil, err
	case req.GetVersion() > 1:
		return nil, errs.NotFound(req.GetName()).With("version", version{number: int64(req.GetVersion())}.etag())
	}
	return d.proto(d.seed()), nil
}
