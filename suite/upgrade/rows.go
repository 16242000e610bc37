package upgrade

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"kept.dev/kit/sqldb"
)

// Table is a table with its rows.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// Column is a column and its type, as the migration has it.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Dump reads all tables of an SQLite database, in the order of their making, but for those that note which migrations have run.
func Dump(ctx context.Context, db *sqldb.DB) (tables []Table, err error) {
	names, err := Tables(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		t := Table{Name: name}
		if err := t.read(ctx, db); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (t *Table) read(ctx context.Context, db *sqldb.DB) error {
	rows, err := db.Query(ctx, `select name, lower(type) from pragma_table_info('`+t.Name+`')`)
	if err != nil {
		return err
	}
	t.Columns, err = sqldb.All(rows, func(r *sqldb.Rows) (c Column, err error) { return c, r.Scan(&c.Name, &c.Type) })
	if err != nil {
		return err
	}
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		values[i] = c.Name
		if c.Type == "bytea" { // of an empty value one could not tell that it is not NULL
			values[i] = "case when " + c.Name + " is not null then hex(" + c.Name + ") end"
		}
	}
	if rows, err = db.Query(ctx, `select `+strings.Join(values, ", ")+` from `+t.Name); err != nil {
		return err
	}
	t.Rows, err = sqldb.All(rows, t.scan)
	return err
}

func (t *Table) list() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// scan reads a row into values that JSON keeps: bytes are in hexadecimal digits.
func (t *Table) scan(r *sqldb.Rows) ([]any, error) {
	places, row := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i, c := range t.Columns {
		switch c.Type {
		case "bigint":
			places[i] = new(*int64)
		case "boolean":
			places[i] = new(*bool)
		default:
			places[i] = new(*string)
		}
	}
	err := r.Scan(places...)
	for i, place := range places {
		switch v := place.(type) {
		case **int64:
			row[i] = *v
		case **bool:
			row[i] = *v
		case **string:
			row[i] = *v
		}
	}
	return row, err
}

// Fill puts the rows into the tables, in place of those that the migrations have put there.
func Fill(ctx context.Context, db *sqldb.DB, tables []Table) error {
	for _, t := range tables {
		err := db.Background().Update(ctx, "fill", func(tx *sqldb.Tx) error { return t.fill(tx) })
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}

func (t *Table) fill(tx *sqldb.Tx) error {
	seeds, err := tx.Query(`select 1 from ` + t.Name + ` limit 1`)
	if err != nil {
		return err
	}
	if seeds.Len() > 0 {
		tx.Exec(`delete from ` + t.Name)
	}
	for _, row := range t.Rows {
		args, places := make([]any, len(row)), make([]string, len(row))
		for i, v := range row {
			places[i] = fmt.Sprintf("$%d", i+1)
			if args[i], err = value(v, t.Columns[i].Type); err != nil {
				return err
			}
		}
		tx.Exec(`insert into `+t.Name+` (`+t.list()+`) values (`+strings.Join(places, ", ")+`)`, args...)
	}
	return nil
}

func value(v any, kind string) (any, error) {
	switch v := v.(type) {
	case json.Number:
		return v.Int64()
	case string:
		if kind == "bytea" {
			return hex.DecodeString(v)
		}
	}
	return v, nil
}
