package sqldb

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// constraintNames finds the name of the key that refused a row. SQLite's errors give a CHECK's name, but of a
// unique key the columns only. The names are learned at the first refusal, and again when the schema has changed.
type constraintNames struct {
	schema int64             // SQLite's count of schema changes
	keys   map[string]string // "table.a, table.b" to the key's name
}

// name makes a ConstraintError of SQLite's refusal, and leaves other errors as they are.
func (n *constraintNames) name(c *sqliteConn, err error) error {
	var lite *sqlite.Error
	if !errors.As(err, &lite) || lite.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return err
	}
	detail := refusalDetail(lite.Error())
	switch lite.Code() {
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		detail = ""
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		if learned := n.learn(c); learned != nil {
			return errors.Join(err, learned)
		}
		detail = n.key(detail)
	}
	return &ConstraintError{Name: detail, err: err}
}

// key is the name of the key over the columns "table.a, table.b".
func (n *constraintNames) key(columns string) string {
	if index, ok := strings.CutPrefix(columns, "index '"); ok { // an index over an expression
		return strings.TrimSuffix(index, "'")
	}
	if name, ok := n.keys[columns]; ok {
		return name
	}
	table, _, _ := strings.Cut(columns, ".")
	return table + "_pkey" // an integer primary key has no index
}

// refusalDetail takes "t.a, t.b" from "constraint failed: UNIQUE constraint failed: t.a, t.b (2067)".
func refusalDetail(text string) string {
	const mark = "constraint failed: "
	if i := strings.LastIndex(text, mark); i >= 0 {
		text = text[i+len(mark):]
	}
	if i := strings.LastIndex(text, " ("); i >= 0 {
		text = text[:i]
	}
	return text
}

// learn reads the keys' names if the schema is another than last time. It refuses two unique indexes over the same
// columns: nothing in SQLite's error would tell them apart.
func (n *constraintNames) learn(c *sqliteConn) error {
	ctx := context.Background()
	version, err := c.run(ctx, Q("pragma schema_version"))
	if err != nil {
		return err
	}
	schema, err := One(version, scanInt)
	if err != nil || (n.keys != nil && schema == n.schema) {
		return err
	}
	rows, err := c.run(ctx, Q(`
		select m.name, coalesce(m.sql, ''), i.name, i.origin, group_concat(c.name, ', ' order by c.seqno)
		from sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
		where m.type = 'table' and i."unique"
		group by m.name, i.name
		having count(c.name) = count(*)`))
	if err != nil {
		return err
	}
	keys := map[string]string{}
	for rows.Next() {
		var table, text, index, origin, columns string
		if err := rows.Scan(&table, &text, &index, &origin, &columns); err != nil {
			return err
		}
		where := table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
		name := keyName(table, text, index, origin, columns)
		if other, taken := keys[where]; taken {
			return fmt.Errorf("sqlite cannot tell the unique keys %s and %s apart: let one be over an expression", other, name)
		}
		keys[where] = name
	}
	n.schema, n.keys = schema, keys
	return nil
}

func scanInt(r *Rows) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}

// keyName is what PostgreSQL would call the key.
func keyName(table, text, index, origin, columns string) string {
	if origin == "c" { // create unique index
		return index
	}
	if name, ok := declaredKeys(text)[columns]; ok {
		return name
	}
	if origin == "pk" {
		return table + "_pkey"
	}
	return table + "_" + strings.ReplaceAll(columns, ", ", "_") + "_key"
}

var (
	sqlComment  = regexp.MustCompile(`--[^\n]*`)
	declaredKey = regexp.MustCompile(`(?is)\bconstraint\s+"?(\w+)"?\s+(?:unique|primary\s+key)\b\s*(?:\(([^)]*)\))?`)
	firstWord   = regexp.MustCompile(`\w+`)
)

// declaredKeys finds "constraint name unique (a, b)" in a "create table", because SQLite forgets the name.
func declaredKeys(text string) map[string]string {
	names := map[string]string{}
	for _, item := range tableItems(sqlComment.ReplaceAllString(text, "")) {
		for _, found := range declaredKey.FindAllStringSubmatch(item, -1) {
			columns := firstWord.FindString(item) // a column's own constraint
			if found[2] != "" {
				columns = plainColumns(found[2])
			}
			names[columns] = found[1]
		}
	}
	return names
}

func plainColumns(list string) string {
	columns := strings.Split(list, ",")
	for i, c := range columns {
		columns[i] = firstWord.FindString(c)
	}
	return strings.Join(columns, ", ")
}

// tableItems splits what stands between the outer parentheses at its commas.
func tableItems(text string) (items []string) {
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '(':
			if depth++; depth == 1 {
				start = i + 1
			}
		case ')':
			if depth--; depth == 0 {
				items = append(items, text[start:i])
			}
		case ',':
			if depth == 1 {
				items, start = append(items, text[start:i]), i+1
			}
		}
	}
	return items
}
