// Package localcopy keeps copies of what another service owns, such as how a customer can be reached, or only that there is such
// a customer, so that the owner need not be asked each time and may be away. The owner's events write the copy; where none has come
// yet, the owner is asked.
//
// A capability declares its copy once, and uses it in three places:
//
//	contacts := localcopy.Copy[Contact]{
//		Table: "contact", Columns: []string{"customer", "version", "email"}, Version: "version",
//		Values: func(c Contact) []any { return []any{c.Customer, c.version, c.Email} },
//		Scan:   func(r *sqldb.Rows) (c Contact, err error) { return c, r.Scan(&c.Customer, &c.version, &c.Email) },
//		Ask:    askTheCustomerService,
//	}
//	contacts.Keep(tx, changed...)               // in the handler of the owner's events, all of a batch at once
//	contacts.Get(ctx, db, name)                 // for one: the copy, or else the owner's own
//	contacts.Check(ctx, db, "order.customer", name) // before a transaction: INVALID_ARGUMENT for a name that does not exist
package localcopy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// Copy is a table with copies of resources of another service, one row each.
type Copy[T any] struct {
	// Table is the table's name.
	Table string
	// Columns are the table's columns. The first is the primary key and has the resource's name.
	Columns []string
	// Version names the bigint column with the version of the owner's resource: news may overtake each other, and the latest stands.
	// Empty for what never changes, of which the first stands.
	Version string
	// Values are a copy's values, and Scan reads them, both in the order of the columns.
	Values func(T) []any
	Scan   func(*sqldb.Rows) (T, error)
	// Ask gets the resource from its owner. NOT_FOUND means that there is no such thing.
	Ask func(ctx context.Context, name string) (T, error)
}

// Names is a copy of nothing but the names of what exists. Its table has one column, name, which is the primary key.
func Names(table string, ask func(ctx context.Context, name string) error) Copy[string] {
	return Copy[string]{
		Table: table, Columns: []string{"name"},
		Values: func(name string) []any { return []any{name} },
		Scan:   func(r *sqldb.Rows) (name string, err error) { return name, r.Scan(&name) },
		Ask:    func(ctx context.Context, name string) (string, error) { return name, ask(ctx, name) },
	}
}

// Keep writes copies, in an order in which everybody does, so that nobody waits in a circle. It does not ask, and travels with the
// next statement or the commit.
func (c Copy[T]) Keep(tx *sqldb.Tx, copies ...T) {
	latest := map[string][]any{}
	for _, one := range copies {
		values := c.Values(one)
		if before, twice := latest[values[0].(string)]; !twice || c.newer(values, before) {
			latest[values[0].(string)] = values
		}
	}
	rows := make([][]any, 0, len(latest))
	for _, name := range slices.Sorted(maps.Keys(latest)) {
		rows = append(rows, latest[name])
	}
	tx.ExecValues("insert into "+c.Table+" ("+strings.Join(c.Columns, ", ")+") values", rows, c.onConflict())
}

// newer tells whether values are those of a later version.
func (c Copy[T]) newer(values, before []any) bool {
	i := slices.Index(c.Columns, c.Version)
	return i >= 0 && values[i].(int64) > before[i].(int64)
}

func (c Copy[T]) onConflict() string {
	key := "on conflict (" + c.Columns[0] + ") do "
	if c.Version == "" {
		return key + "nothing"
	}
	sets := make([]string, 0, len(c.Columns))
	for _, column := range c.Columns[1:] {
		sets = append(sets, column+" = excluded."+column)
	}
	return key + "update set " + strings.Join(sets, ", ") + " where " + c.Table + "." + c.Version + " < excluded." + c.Version
}

// Select is a query for the copies of these names, and Read takes its answer: for a transaction that asks for more at once.
func (c Copy[T]) Select(names ...string) *sqldb.Stmt {
	list, args := sqldb.List(1, names)
	return sqldb.Q("select "+strings.Join(c.Columns, ", ")+" from "+c.Table+" where "+c.Columns[0]+" in "+list, args...)
}

// Read is what Select has found, by name.
func (c Copy[T]) Read(rows *sqldb.Rows) (map[string]T, error) {
	found, err := sqldb.All(rows, c.Scan)
	byName := make(map[string]T, len(found))
	for _, one := range found {
		byName[c.Values(one)[0].(string)] = one
	}
	return byName, err
}

// Known are the copies of those of the names of which there is one, by name. Nobody else is asked.
func (c Copy[T]) Known(ctx context.Context, db *sqldb.DB, names ...string) (map[string]T, error) {
	results, err := db.Batch(ctx, c.Select(names...))
	if err != nil {
		return nil, err
	}
	return c.Read(results[0])
}

// Get is the copy, or what the owner has where there is none; Keep it. It may call over the network, so it stands before a
// transaction.
//
// Errors: NOT_FOUND; the owner's, such as UNAVAILABLE.
func (c Copy[T]) Get(ctx context.Context, db *sqldb.DB, name string) (T, error) {
	known, err := c.Known(ctx, db, name)
	if one, there := known[name]; there || err != nil {
		return one, err
	}
	return c.Ask(ctx, name)
}

// Check refuses a name that does not exist. It may call over the network, so it stands before a transaction.
//
// Errors: INVALID_ARGUMENT naming the field; the owner's, such as UNAVAILABLE.
func (c Copy[T]) Check(ctx context.Context, db *sqldb.DB, field, name string) error {
	known, err := c.Known(ctx, db, name)
	if err != nil || len(known) > 0 {
		return err
	}
	return c.Learn(ctx, db, field, name)
}

// Learn asks the owner for a name of which there is no copy, and keeps what it says.
//
// Errors: INVALID_ARGUMENT naming the field; the owner's, such as UNAVAILABLE.
func (c Copy[T]) Learn(ctx context.Context, db *sqldb.DB, field, name string) error {
	one, err := c.Ask(ctx, name)
	switch {
	case errs.KindOf(err) == errs.KindNotFound:
		return errs.Invalid(field, "%q does not exist", name)
	case err != nil:
		return fmt.Errorf("ask the owner of %s: %w", field, err)
	}
	return db.Update(ctx, c.Table, func(tx *sqldb.Tx) error {
		c.Keep(tx, one)
		return nil
	})
}
