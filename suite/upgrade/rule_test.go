package upgrade_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/upgrade"
)

var released = fstest.MapFS{"00001_first.sql": {Data: []byte("-- +goose Up\ncreate table orders (id text not null primary key);\n")}}

// faults are those of a second migration after the first.
func faults(t *testing.T, second string) []string {
	t.Helper()
	today := fstest.MapFS{"00001_first.sql": released["00001_first.sql"], "00002_second.sql": {Data: []byte("-- +goose Up\n" + second)}}
	found, err := upgrade.Faults(released, today, []string{"v0.1.0", "v0.2.0"})
	require.NoError(t, err)
	return found
}

func TestWhatMayBeAdded(t *testing.T) {
	for name, second := range map[string]string{
		"a table":                        `create table note (id text not null primary key, body text not null unique);`,
		"a column that may be empty":     `alter table orders add column note text;`,
		"a column with a default":        "alter table orders\n  add column weight bigint not null default 0; -- grams; not more",
		"a column with a check":          `alter table orders add column weight bigint constraint orders_weight check (weight > 0);`,
		"an index":                       `create index orders_note on orders (note) where note <> '';`,
		"an index beside writers":        `create index concurrently if not exists orders_note on orders (note);`,
		"an index, as often as it takes": "set lock_timeout = 0;\ndrop index concurrently if exists orders_note;\ncreate index concurrently orders_note on orders (note);",
		"settings of the storage":        `alter table orders set (fillfactor = 60);`,
		"all of a new table":             "create table note (id text);\ncreate unique index note_id on note (id);\ninsert into note values ('a; -- b');\nalter table note add constraint note_id check (id <> '');",
		"a function, with semicolons":    "-- +goose StatementBegin\ncreate function f() returns trigger language plpgsql as $$\nbegin\n  drop table orders;\nend $$;\n-- +goose StatementEnd\ncreate table note (id text);\ncreate trigger note_f before update or delete on note for each statement execute function f();",
		"what is done without":           "-- contract: since v0.1.0\nalter table orders drop column note;",
		"the way back":                   "create table note (id text);\n-- +goose Down\ndrop table note;",
	} {
		require.Empty(t, faults(t, second), name)
	}
}

func TestWhatMayNotBeDone(t *testing.T) {
	for name, c := range map[string]struct{ second, says string }{
		"drop a table":              {`drop table orders;`, "does not only add"},
		"drop a column":             {`ALTER TABLE orders DROP COLUMN note;`, "does not only add"},
		"rename a table":            {`alter table orders rename to purchase;`, "does not only add"},
		"rename a column":           {`alter table orders rename column note to remark;`, "does not only add"},
		"narrow a type":             {`alter table orders alter column note type varchar(10);`, "does not only add"},
		"forbid what was allowed":   {`alter table orders alter column note set not null;`, "does not only add"},
		"add a constraint":          {`alter table orders add constraint orders_note check (note <> '');`, "does not only add"},
		"add a nameless constraint": {`alter table orders add check (note <> '');`, "may write what this refuses"},
		"add a column to be filled": {`alter table orders add column note text not null;`, "needs a default"},
		"add a key column":          {`alter table orders add column note text unique;`, "may write what this refuses"},
		"add a unique index":        {`create unique index orders_note on orders (note);`, "unique index"},
		"drop an index":             {`drop index orders_note;`, "does not only add"},
		"drop an index for another": {"drop index concurrently if exists orders_id;\ncreate index concurrently orders_note on orders (note);", "does not only add"},
		"rewrite rows":              {`update orders set note = '';`, "does not only add"},
		"delete rows":               {`delete from orders;`, "does not only add"},
		"watch an old table":        {`create trigger orders_f before update on orders for each statement execute function f();`, "does not only add"},
		"contract too early":        {"-- contract: since v0.3.0\ndrop table orders;", "which is no release"},
		"a mark for one only":       {"-- contract: since v0.1.0\ndrop table note;\ndrop table orders;", "does not only add"},
		"hide behind an addition":   {"create table note (id text); drop table orders;", "does not only add"},
	} {
		found := faults(t, c.second)
		require.Len(t, found, 1, name)
		require.Contains(t, found[0], c.says, name)
		require.True(t, strings.HasPrefix(found[0], "00002_second.sql: "), name)
	}
}

func TestWhatIsReleasedStays(t *testing.T) {
	for name, today := range map[string]fstest.MapFS{
		"edited":  {"00001_first.sql": {Data: []byte("-- +goose Up\ncreate table orders (id text primary key);\n")}},
		"removed": {"00001_other.sql": released["00001_first.sql"]},
	} {
		found, err := upgrade.Faults(released, today, nil)
		require.NoError(t, err)
		require.Contains(t, found[0], "is released, and must stay", name)
	}
}
