package resource

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/change"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// AlsoDeleted is what belongs to a deletion beside the row: to refuse it, to write other rows, to append an event.
type AlsoDeleted[M Message] func(tx *sqldb.Tx, deleted M) error

// Delete deletes the resource that the request names, if the request's etag is the current one or none.
//
// Errors: NOT_FOUND for an unknown name, and for one that the caller may not see; ABORTED (ETAG_MISMATCH).
func (r *Resource[M, L]) Delete(
	ctx context.Context, db *sqldb.DB, req NameRequest, also ...AlsoDeleted[M],
) (*emptypb.Empty, error) {
	return change.Do(ctx, db, req, func(tx *sqldb.Tx) (*emptypb.Empty, error) {
		conds, err := r.row(ctx, req.GetName())
		if err != nil {
			return nil, err
		}
		text, args := page.SelectWhere("delete from "+r.rows.Table, nil, append(conds, r.current(req)...)...)
		deleted, err := r.changed(tx, req.GetName(), conds, sqldb.Q(text+"\nreturning "+r.rows.ColumnList(), args...))
		if err != nil {
			return nil, err
		}
		for _, do := range also {
			if err := do(tx, deleted); err != nil {
				return nil, err
			}
		}
		return &emptypb.Empty{}, nil
	})
}
