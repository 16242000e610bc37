package resource

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// List returns one page of what the caller may see, under the request's parent where there is one.
//
// Errors: INVALID_ARGUMENT for page_size, page_token, filter or order_by; NOT_FOUND for a parent that is not there.
func (r *Resource[M, L]) List(ctx context.Context, db *sqldb.DB, req page.Request) (response L, err error) {
	query, err := r.listing.Parse(req)
	if err != nil {
		return response, err
	}
	conds, checks, err := r.under(ctx, req)
	if err != nil {
		return response, err
	}
	text, args := query.SQL(r.rows.Select(), append(conds, r.visible(ctx)...)...)
	results, err := db.Batch(ctx, append(checks, sqldb.Q(text, args...))...)
	if err != nil {
		return response, err
	}
	if len(results) > 1 && results[0].Len() == 0 {
		return response, errs.NotFound(parentOf(req))
	}
	found, err := sqldb.All(results[len(results)-1], r.rows.Scan)
	if err != nil {
		return response, err
	}
	found, next, err := page.Cut(query, found, r.stored)
	return r.rows.Page(found, next), err
}

// under are the condition that rows are under the request's parent, and the query that finds it.
func (r *Resource[M, L]) under(ctx context.Context, req page.Request) (conds []page.Cond, checks []*sqldb.Stmt, err error) {
	if r.rows.Parent == nil {
		return nil, nil, nil
	}
	name := parentOf(req)
	conds, err = r.rows.equal(func(c Column) bool { return c.Field == parentField }, r.rows.Parent, name)
	if err != nil || r.plan.parent == nil {
		return conds, nil, err
	}
	check, err := r.plan.parent.exists(ctx, name)
	return conds, []*sqldb.Stmt{check}, err
}

func parentOf(req page.Request) string {
	if r, ok := req.(interface{ GetParent() string }); ok {
		return r.GetParent()
	}
	return ""
}

// stored is the resource's value in a column, as a page token keeps it.
func (r *Resource[M, L]) stored(m M, column string) any {
	values, err := r.rows.Values(m)
	if err != nil {
		return err // no value that a token can hold: the token says so
	}
	return values[r.rows.index(column)]
}
