package upgrade

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"kept.dev/kit/sqldb"
)

// nextFile comes after all migrations that there are.
const nextFile = "89999_next.sql"

// Next are migrations as the release after this one might have them: those of today, and one more that does all that a release
// may do to the tables that the last one works on: every table gets a column and an index, and a new table stands beside them.
func Next(today fs.FS, tables []string) (fs.FS, error) {
	next := fstest.MapFS{}
	files, err := fs.Glob(today, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := fs.ReadFile(today, name)
		if err != nil {
			return nil, err
		}
		next[name] = &fstest.MapFile{Data: text}
	}
	var text strings.Builder
	text.WriteString("-- +goose Up\ncreate table of_the_next_release (name text primary key);\n")
	for _, table := range tables {
		fmt.Fprintf(&text, "alter table %s add column of_the_next_release text not null default 'none yet';\n", table)
		fmt.Fprintf(&text, "create index %s_of_the_next_release on %[1]s (of_the_next_release);\n", table)
	}
	next[nextFile] = &fstest.MapFile{Data: []byte(text.String())}
	return next, nil
}

// Tables are the names of a database's tables, in the order of their making where the database knows it, without those that note
// which migrations have run.
func Tables(ctx context.Context, db *sqldb.DB) ([]string, error) {
	query := `select name from sqlite_schema where type = 'table' and name not like 'sqlite%' and name not in ` + notes + ` order by rowid`
	if db.Dialect() == "postgres" {
		query = `select table_name from information_schema.tables
			where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name not in ` + notes
	}
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return sqldb.All(rows, func(r *sqldb.Rows) (name string, err error) { return name, r.Scan(&name) })
}

const notes = `('kit_schema', 'schema_version')`
