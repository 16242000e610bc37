package template

import (
	"context"

	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

var listing = page.Listing{ID: "id"}

// ListTemplates lists the templates by page, in the order of their names.
func (s *Service) ListTemplates(
	ctx context.Context, req *notificationv1.ListTemplatesRequest,
) (*notificationv1.ListTemplatesResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(s.list)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	templates, err := sqldb.All(rows, s.scanListed)
	if err != nil {
		return nil, err
	}
	templates, next, err := page.Cut(query, templates, func(t *notificationv1.Template, _ string) any { return resource.ID(t.GetName()) })
	return &notificationv1.ListTemplatesResponse{Templates: templates, NextPageToken: next}, err
}

// scanListed reads a template that may never have been changed.
func (s *Service) scanListed(r *sqldb.Rows) (*notificationv1.Template, error) {
	var id string
	var number, updated *int64
	var texts []byte
	if err := r.Scan(&id, &number, &texts, &updated); err != nil {
		return nil, err
	}
	d := s.templates[id]
	if number == nil {
		return d.proto(d.seed()), nil
	}
	v := version{number: *number}
	if err := v.decode(texts, *updated); err != nil {
		return nil, err
	}
	return d.proto(v), nil
}
