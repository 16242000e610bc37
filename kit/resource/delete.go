package resource

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// Delete deletes the resource that the request names, if the request's etag is the current one or none.
//
// Errors: NOT_FOUND for an unknown name, and for one that the caller may not see; ABORTED (ETAG_MISMATCH); FAILED_PRECONDITION
// (STILL_REFERRED_TO) while there are rows with a foreign key to it.
func (r *Resource[M, L]) Delete(
	ctx context.Context, db *sqldb.DB, req NameRequest, effects ...Effect[M],
) (*emptypb.Empty, error) {
	return change.Do(ctx, db, req, func(tx *sqldb.Tx) (*emptypb.Empty, error) {
		conds, err := r.row(ctx, req.GetName())
		if err != nil {
			return nil, err
		}
		text, args := page.SelectWhere("delete from "+r.rows.Table, nil, append(conds, r.current(req)...)...)
		deleted, err := r.changed(tx, req.GetName(), conds, sqldb.Q(text+"\nreturning "+r.rows.ColumnList(), args...))
		if err != nil {
			return nil, referredTo(req.GetName(), err)
		}
		for _, do := range effects {
			if err := do(tx, deleted); err != nil {
				return nil, err
			}
		}
		return &emptypb.Empty{}, nil
	})
}

// referredTo explains a refusal by a foreign key.
func referredTo(name string, err error) error {
	var broken *sqldb.ConstraintError
	if errors.As(err, &broken) && (broken.Name == namelessKey || strings.HasSuffix(broken.Name, "_fkey")) {
		return errs.Refused("STILL_REFERRED_TO", "%s is still referred to; delete first what does", name).Because(err)
	}
	return err
}
