package resource

import (
	"context"
	"fmt"
	"slices"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// Known is a table with the names of what another service owns, so that it need not be asked each time. The owner's events add
// to it; where one has not come yet, the owner is asked. The table has one column, name, which is its primary key.
type Known struct {
	// Table is the table's name.
	Table string
	// Ask asks the owner. NOT_FOUND means that there is no such thing.
	Ask func(ctx context.Context, name string) error
}

// Keep notes names, in an order in which everybody does, so that nobody waits in a circle.
func (k Known) Keep(tx *sqldb.Tx, names ...string) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	rows := make([][]any, len(names))
	for i, name := range names {
		rows[i] = []any{name}
	}
	tx.ExecValues("insert into "+k.Table+" (name) values", rows, "on conflict (name) do nothing")
}

// Check refuses a name that does not exist. It may call over the network, so it stands before a transaction.
//
// Errors: INVALID_ARGUMENT naming the field.
func (k Known) Check(ctx context.Context, db *sqldb.DB, field, name string) error {
	rows, err := db.Query(ctx, "select name from "+k.Table+" where name = $1", name)
	if err != nil || rows.Len() > 0 {
		return err
	}
	return k.Learn(ctx, db, field, name)
}

// Learn asks the owner for a name that is not known here, and keeps it.
//
// Errors: INVALID_ARGUMENT naming the field.
func (k Known) Learn(ctx context.Context, db *sqldb.DB, field, name string) error {
	err := k.Ask(ctx, name)
	switch {
	case errs.KindOf(err) == errs.KindNotFound:
		return errs.Invalid(field, "%q does not exist", name)
	case err != nil:
		return fmt.Errorf("ask whose %s it is: %w", field, err)
	}
	return db.Update(ctx, k.Table, func(tx *sqldb.Tx) error {
		k.Keep(tx, name)
		return nil
	})
}
