package sqldb

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ConstraintError says which named constraint of the schema refused a write.
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

// Serialization failures and deadlocks: the same work may succeed when it is done again.
func transient(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// sqliteError names the constraint. SQLite gives a CHECK's name, but of a unique index only the columns.
func (w *sqliteWriter) sqliteError(err error) error {
	var lite *sqlite.Error
	if !errors.As(err, &lite) || lite.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return err
	}
	_, detail, found := strings.Cut(lite.Error(), "constraint failed: ")
	if !found {
		return &ConstraintError{Name: "", err: err}
	}
	// "CHECK constraint failed: name (275)", "UNIQUE constraint failed: t.a, t.b (2067)"; modernc repeats the text.
	if again := strings.LastIndex(detail, "constraint failed: "); again >= 0 {
		detail = detail[again+len("constraint failed: "):]
	}
	detail = strings.TrimSpace(detail[:strings.LastIndex(detail, "(")])
	if name, ok := w.uniques[detail]; ok {
		detail = name
	}
	return &ConstraintError{Name: detail, err: err}
}
