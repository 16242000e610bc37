// Package resource answers the standard methods Get, List, Update and Delete (AIP-131 to 135) over a declared table.
//
// Two declarations make a resource. rows.yaml beside the capability says which column keeps which field, and
// `make generate` writes rows.gen.go from it: plain Go that scans and inserts. Of says how callers see the rows: whose they
// are, under what, and what they may be filtered and ordered by. A resource with an owner adds the caller's scope to every
// statement by itself, so that no handler can forget it.
package resource

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// Message is a resource as the contract has it.
type Message interface {
	proto.Message
	GetName() string
}

// Rows are the rows of a table, each of them a resource M. They are generated. L is the response of the List method.
type Rows[M Message, L any] struct {
	// Table is the table's name.
	Table string
	// Pattern is what the resources' names are like, such as programs/{program}.
	Pattern string
	// Columns are the columns that keep the resource, in the order of Scan and Values.
	Columns []Column
	// Key gives the values of the key's columns for a resource's name, Parent those of the parent's columns for the parent's
	// name. They fail for a name of another pattern. Parent is nil for a resource that stands by itself.
	Key, Parent func(name string) ([]any, error)
	// ParentKey is the foreign key to the parent, such as note_customer_fkey, where the parent is in the same database.
	ParentKey string
	// Scan reads a row.
	Scan func(*sqldb.Rows) (M, error)
	// Values are a resource's columns as they are stored. It fails for a name or an amount of money that is none.
	Values func(M) ([]any, error)
	// Page makes the response of the List method. Nil where there is none.
	Page func(found []M, nextPageToken string) L
}

// Column is a column and the field that it keeps.
type Column struct {
	Name string
	// Field is the field's name in the message. Key columns have "name", and those of them that are the parent's "parent".
	Field string
	Kind  page.Kind
	// Enum is any value of the type, for the kind page.Enum.
	Enum protoreflect.Enum
	// Null says that the column may be NULL.
	Null bool
}

// The fields that a column keeps only a part of.
const (
	nameField   = "name"
	parentField = "parent"
	etagField   = "etag"
)

// Insert notes the statement that writes a new row. A name that is taken is refused as ALREADY_EXISTS, and a parent that is not
// there as NOT_FOUND; what other constraints mean, the caller adds with Refuse.
//
// Errors: INVALID_ARGUMENT for an amount of money that can't be.
func (r Rows[M, L]) Insert(tx *sqldb.Tx, m M) (*sqldb.Stmt, error) {
	values, err := r.Values(m)
	if err != nil {
		return nil, err
	}
	insert := tx.Exec(r.insertInto()+"($1"+placeholders(2, len(values))+")", values...)
	insert.Refuse(r.Table+"_pkey", errs.AlreadyExists(m.GetName()))
	if r.Parent != nil {
		unknown := errs.NotFound(parentName(m.GetName()))
		insert.Refuse(r.ParentKey, unknown).Refuse(namelessKey, unknown)
	}
	return insert, nil
}

// namelessKey is what SQLite calls every foreign key.
const namelessKey = ""

// parentName is a resource's name without its last collection and id.
func parentName(name string) string {
	parts := strings.Split(name, "/")
	return strings.Join(parts[:max(0, len(parts)-2)], "/")
}

// InsertAll notes the statements that write many new rows.
func (r Rows[M, L]) InsertAll(tx *sqldb.Tx, all ...M) error {
	rows := make([][]any, len(all))
	for i, m := range all {
		var err error
		if rows[i], err = r.Values(m); err != nil {
			return err
		}
	}
	tx.ExecValues(r.insertInto(), rows, "")
	return nil
}

func (r Rows[M, L]) insertInto() string {
	return "insert into " + r.Table + " (" + r.ColumnList() + ") values "
}

// ColumnList is the columns' names with commas between them, in the order of Scan.
func (r Rows[M, L]) ColumnList() string {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Select is "select … from …", to be followed by a where.
func (r Rows[M, L]) Select() string { return "select " + r.ColumnList() + " from " + r.Table }

// index finds a column by its name.
func (r Rows[M, L]) index(column string) int {
	for i, c := range r.Columns {
		if c.Name == column {
			return i
		}
	}
	return -1
}

// of are the columns of the field; money has two.
func (r Rows[M, L]) of(field string) (found []Column) {
	for _, c := range r.Columns {
		if c.Field == field {
			found = append(found, c)
		}
	}
	return found
}

// keyed is the condition that a row has the name's key.
func (r Rows[M, L]) keyed(name string) ([]page.Cond, error) {
	return r.equal(func(c Column) bool { return c.Field == nameField || c.Field == parentField }, r.Key, name)
}

func (r Rows[M, L]) equal(which func(Column) bool, parse func(string) ([]any, error), name string) ([]page.Cond, error) {
	values, err := parse(name)
	if err != nil || strings.HasPrefix(name, "/") { // the parser takes full names (AIP-122), with a host, for the same
		return nil, errs.NotFound(name).Because(err)
	}
	var conds []page.Cond
	for _, c := range r.Columns {
		if which(c) {
			conds = append(conds, page.Where(r.Table+"."+c.Name+" = ?", values[len(conds)]))
		}
	}
	return conds, nil
}
