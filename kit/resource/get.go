package resource

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// NameRequest is the request of a Get or a Delete.
type NameRequest interface {
	proto.Message
	GetName() string
}

// Get returns the resource that the request names.
//
// Errors: NOT_FOUND for an unknown name, and for one that the caller may not see.
func (r *Resource[M, L]) Get(ctx context.Context, db *sqldb.DB, req NameRequest) (found M, err error) {
	conds, err := r.row(ctx, req.GetName())
	if err != nil {
		return found, err
	}
	text, args := page.SelectWhere(r.rows.Select(), nil, conds...)
	rows, err := db.Query(ctx, text, args...)
	if err != nil {
		return found, err
	}
	return r.one(rows, req.GetName())
}

func (r *Resource[M, L]) one(rows *sqldb.Rows, name string) (M, error) {
	found, err := sqldb.One(rows, r.rows.Scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return found, errs.NotFound(name)
	}
	return found, err
}
