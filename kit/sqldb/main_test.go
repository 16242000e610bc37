package sqldb_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kept.dev/kit/localserver"
	"kept.dev/kit/sqldb"
)

// server is the PostgreSQL that the tests make their databases on.
var server *url.URL

func databaseURL(name string) string {
	u := *server
	u.Path = "/" + name
	return u.String()
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	stop, err := startPostgres(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "the tests need PostgreSQL:", err)
		return 1
	}
	code := m.Run()
	stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func startPostgres(ctx context.Context) (stop func(), err error) {
	if given := os.Getenv("KEPT_TEST_POSTGRES"); given != "" {
		server, err = url.Parse(given)
		return func() {}, err
	}
	dir, err := os.MkdirTemp("", "sqldb")
	if err != nil {
		return nil, err
	}
	local, err := localserver.StartPostgres(ctx, dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	server, err = url.Parse(local.URL("postgres"))
	return func() { local.Stop(false); os.RemoveAll(dir) }, err
}

var dialects = []string{"postgres", "sqlite"}

// onBoth runs the test on each database.
func onBoth(t *testing.T, test func(t *testing.T, dialect string)) {
	for _, dialect := range dialects {
		t.Run(dialect, func(t *testing.T) { test(t, dialect) })
	}
}

// newURL makes an empty database.
func newURL(t testing.TB, dialect string) string {
	if dialect == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "a file?%.db")
	}
	name := "t_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	admin(t, "create database "+name)
	t.Cleanup(func() { admin(t, "drop database "+name+" with (force)") })
	return databaseURL(name)
}

func admin(t testing.TB, text string) {
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, databaseURL("postgres"))
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	require.NoError(t, err)
}

func open(t testing.TB, cfg sqldb.Config) *sqldb.DB {
	db, err := sqldb.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// newDB is a database with the tests' schema.
func newDB(t testing.TB, dialect string, tune ...func(*sqldb.Config)) *sqldb.DB {
	cfg := sqldb.Config{URL: newURL(t, dialect)}
	for _, f := range tune {
		f(&cfg)
	}
	db := open(t, cfg)
	require.NoError(t, db.Migrate(t.Context(), schema(), "test_schema"))
	return db
}

func schema() fstest.MapFS {
	return fstest.MapFS{"00001_all.sql": {Data: []byte(`-- +goose Up
create table stock (
	id      text   not null primary key,
	on_hand bigint not null,
	held    bigint not null default 0 constraint held_positive check (held >= 0),
	constraint held_within check (held <= on_hand)
);
create table item (
	id     text   not null constraint item_key primary key,
	number bigint not null constraint item_number_taken unique,
	shelf  text   not null,
	place  bigint not null,
	active boolean not null default true,
	label  text not null unique,
	constraint item_place unique (shelf, place)
);
create unique index item_active on item (shelf) where active;
create table note (
	number bigint not null,
	part   bigint not null,
	body   text   not null,
	primary key (number, part)
);
create unique index note_folded on note (part, lower(body));
create table log (id text not null primary key, n bigint not null);
create table money (id text not null primary key, amount bigint not null
	constraint amount_range check (amount between -9000000000000000 and 9000000000000000));
create table kinds (id bigint primary key, s text, n bigint, b boolean, d bytea);
`)}}
}

func exec(t testing.TB, db *sqldb.DB, sql string, args ...any) {
	require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
		tx.Exec(sql, args...)
		return nil
	}))
}

func number(t testing.TB, db *sqldb.DB, sql string, args ...any) int64 {
	rows, err := db.Query(context.WithoutCancel(t.Context()), sql, args...)
	require.NoError(t, err)
	n, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) {
		err = r.Scan(&n)
		return n, err
	})
	require.NoError(t, err)
	return n
}

func oneWriter(c *sqldb.Config) { c.Writes = 1 }
