package imports

import (
	"context"

	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time desc",
	Fields: []page.Field{
		{Name: "create_time", Column: "created", Kind: page.Timestamp},
		{Name: "state", Kind: page.Enum, Enum: orderv1.Import_RUNNING, FilterOnly: true},
	},
}

// ListImports lists imports by page.
func (s *Service) ListImports(ctx context.Context, req *orderv1.ListImportsRequest) (*orderv1.ListImportsResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	text, args := query.SQL(selectJobs)
	rows, err := s.db.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	jobs, err := sqldb.All(rows, scan)
	if err != nil {
		return nil, err
	}
	jobs, next, err := page.Cut(query, jobs, func(j job, column string) any {
		if column == "created" {
			return stamp(j.GetCreateTime())
		}
		return idOf(j.GetName())
	})
	res := &orderv1.ListImportsResponse{NextPageToken: next}
	for _, j := range jobs {
		res.Imports = append(res.Imports, j.Import)
	}
	return res, err
}
