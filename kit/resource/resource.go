package resource

import (
	"context"
	"fmt"
	"slices"

	"kept.dev/kit/access"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// Resource is the rows of a table as callers see them. It is a constant in all but name.
type Resource[M Message, L any] struct {
	rows    Rows[M, L]
	plan    plan
	listing page.Listing
}

// plan is what the options say.
type plan struct {
	owner        string
	parent       parent
	where        []page.Cond
	sortable     []string
	filterable   []string
	defaultOrder string
}

// Option says something about how callers see the rows.
type Option func(*plan)

// Owner names the column with the customer whose row it is: customers reach their own rows only, and everybody else's are
// answered as if they were not there.
func Owner(column string) Option { return func(p *plan) { p.owner = column } }

// parent is what another resource is under.
type parent interface {
	// exists is a query that finds the parent, if there is one that the caller may see.
	exists(ctx context.Context, name string) (*sqldb.Stmt, error)
	// among is a condition that the row's parent is one that the caller may see.
	among(ctx context.Context, child string, columns []string) []page.Cond
}

// Under says that the rows are under another resource's: a List under a parent that is not there, or that is not the caller's,
// is NOT_FOUND. Rows without an owner column are those of the parent's owner.
func Under[M Message, L any](p *Resource[M, L]) Option { return func(plan *plan) { plan.parent = p } }

// Where narrows the rows to those that are there for callers: Where("made is not null").
func Where(sql string, args ...any) Option {
	return func(p *plan) { p.where = append(p.where, page.Where(sql, args...)) }
}

// Sortable are the fields by which a List may be ordered and filtered. Each wants an index. A column that may be NULL can be
// filtered by only.
func Sortable(fields ...string) Option {
	return func(p *plan) { p.sortable = append(p.sortable, fields...) }
}

// Filterable are the fields by which a List may be filtered, and not ordered.
func Filterable(fields ...string) Option {
	return func(p *plan) { p.filterable = append(p.filterable, fields...) }
}

// Order is the order_by of a List that names none, such as "create_time desc". Without it rows come by their ids.
func Order(orderBy string) Option { return func(p *plan) { p.defaultOrder = orderBy } }

// Of makes a resource of the rows. It panics where an option names what is not there, which any start and any test shows.
func Of[M Message, L any](rows Rows[M, L], options ...Option) *Resource[M, L] {
	r := &Resource[M, L]{rows: rows}
	for _, o := range options {
		o(&r.plan)
	}
	if r.plan.owner != "" && rows.index(r.plan.owner) < 0 {
		panic(fmt.Sprintf("resource %s: the owner's column %s is not one of %s", rows.Table, r.plan.owner, rows.ColumnList()))
	}
	ids := rows.of(nameField)
	r.listing = page.Listing{ID: ids[len(ids)-1].Name, DefaultOrder: r.plan.defaultOrder}
	for _, f := range r.plan.sortable {
		r.listing.Fields = append(r.listing.Fields, r.field(f, false))
	}
	for _, f := range r.plan.filterable {
		r.listing.Fields = append(r.listing.Fields, r.field(f, true))
	}
	return r
}

func (r *Resource[M, L]) field(name string, filterOnly bool) page.Field {
	columns := r.rows.of(name)
	if len(columns) != 1 {
		panic(fmt.Sprintf("resource %s: %s is not a field with a column of its own", r.rows.Table, name))
	}
	c := columns[0]
	return page.Field{Name: name, Column: c.Name, Kind: c.Kind, Enum: c.Enum, Nullable: c.Null, FilterOnly: filterOnly}
}

// visible are the conditions that a row is there and the caller may see it. The scope is asked only where it decides
// something: what asks and does not use it would pass for a check.
func (r *Resource[M, L]) visible(ctx context.Context) []page.Cond {
	conds := slices.Clone(r.plan.where)
	switch {
	case r.plan.owner != "":
		if own := access.ScopeOf(ctx).Customer; own != "" {
			conds = append(conds, page.Where(r.rows.Table+"."+r.plan.owner+" = ?", own))
		}
	case r.plan.parent != nil:
		conds = append(conds, r.plan.parent.among(ctx, r.rows.Table, names(r.rows.of(parentField)))...)
	}
	return conds
}

// row are the conditions that a row has the name and the caller may see it.
func (r *Resource[M, L]) row(ctx context.Context, name string) ([]page.Cond, error) {
	keyed, err := r.rows.keyed(name)
	return append(keyed, r.visible(ctx)...), err
}

func (r *Resource[M, L]) exists(ctx context.Context, name string) (*sqldb.Stmt, error) {
	conds, err := r.row(ctx, name)
	if err != nil {
		return nil, err
	}
	text, args := page.SelectWhere("select 1 from "+r.rows.Table, nil, conds...)
	return sqldb.Q(text, args...), nil
}

func (r *Resource[M, L]) among(ctx context.Context, child string, columns []string) []page.Cond {
	visible := r.visible(ctx)
	if len(visible) == 0 {
		return nil
	}
	conds := make([]page.Cond, 0, len(columns)+len(visible))
	for i, key := range append(r.rows.of(parentField), r.rows.of(nameField)...) {
		conds = append(conds, page.Where(r.rows.Table+"."+key.Name+" = "+child+"."+columns[i]))
	}
	return []page.Cond{page.Exists("select 1 from "+r.rows.Table, append(conds, visible...)...)}
}

func names(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}
