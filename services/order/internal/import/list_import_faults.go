package imports

import (
	"context"
	"strconv"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var faultListing = page.Listing{
	ID:     "line",
	Fields: []page.Field{{Name: "line", Kind: page.Int, OrderOnly: true}},
}

// ListImportFaults lists the rows that could not be read, by line.
//
// Errors: NOT_FOUND for an unknown import.
func (s *Service) ListImportFaults(
	ctx context.Context, req *orderv1.ListImportFaultsRequest,
) (*orderv1.ListImportFaultsResponse, error) {
	query, err := faultListing.Parse(req)
	if err != nil {
		return nil, err
	}
	id := idOf(req.GetParent())
	text, args := query.SQL(`select line, reason from import_fault`, page.Where("import_id = ?", id))
	results, err := s.db.Batch(ctx, sqldb.Q(`select id from import_job where id = $1`, id), sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	faults, err := sqldb.All(results[1], func(r *sqldb.Rows) (*orderv1.ImportFault, error) {
		f := &orderv1.ImportFault{}
		err := r.Scan(&f.Line, &f.Reason)
		f.Name = req.GetParent() + "/faults/" + strconv.FormatInt(f.GetLine(), 10)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	faults, next, err := page.Cut(query, faults, func(f *orderv1.ImportFault, _ string) any { return f.GetLine() })
	return &orderv1.ListImportFaultsResponse{ImportFaults: faults, NextPageToken: next}, err
}
