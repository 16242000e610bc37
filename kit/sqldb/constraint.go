package sqldb

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ConstraintError says which named constraint of the schema refused a write. A key without a name of its own is named
// as PostgreSQL would (order_pkey, order_number_key), a NOT NULL is "table.column". A foreign key has a name on
// PostgreSQL only, and none on SQLite.
type ConstraintError struct {
	Name string
	err  error
}

func (e *ConstraintError) Error() string { return fmt.Sprintf("constraint %s: %v", e.Name, e.err) }
func (e *ConstraintError) Unwrap() error { return e.err }

// Violates tells whether the error is a refusal by the named constraint.
func Violates(err error, constraint string) bool {
	var broken *ConstraintError
	return errors.As(err, &broken) && broken.Name == constraint
}

func postgresError(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !strings.HasPrefix(pg.Code, "23") {
		return err
	}
	name := pg.ConstraintName
	if pg.Code == "23502" { // a NOT NULL has no name in PostgreSQL 15
		name = pg.TableName + "." + pg.ColumnName
	}
	return &ConstraintError{Name: name, err: err}
}
