// Package kittest gives tests the servers that they need: a database of each sort with the plumbing's tables, and Redis.
// Where a server is not installed the test fails.
package kittest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"kept.dev/kit/localserver"
	"kept.dev/kit/schema"
	"kept.dev/kit/sqldb"
)

// Dialects are the databases that every behaviour is tested on.
var Dialects = []string{"sqlite", "postgres"}

// started is the one PostgreSQL of a test binary, started when it is first needed.
var started = struct {
	sync.Mutex
	server *localserver.Postgres
	stop   func()
}{stop: func() {}}

// Main runs the tests and stops the servers; TestMain calls it.
func Main(m *testing.M) {
	code := m.Run()
	started.stop()
	os.Exit(code)
}

// Long leaves a test to make test-all: one that takes real processes, or a large set of data.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("left to make test-all")
	}
}

// OnBoth runs the test on each database.
func OnBoth(t *testing.T, test func(t *testing.T, db *sqldb.DB)) {
	for _, dialect := range Dialects {
		t.Run(dialect, func(t *testing.T) { test(t, Open(t, NewURL(t, dialect))) })
	}
}

// Open opens the database, with the plumbing's tables and those of the given statements.
func Open(t testing.TB, url string, tables ...string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	require.NoError(t, db.Migrate(t.Context(), schema.Files, schema.Version))
	for _, text := range tables {
		Exec(t, db, text)
	}
	return db
}

// NewURL makes an empty place for tables. In PostgreSQL it is a schema, owned by a user who finds it without being told: a database
// of its own would take ten times as long.
func NewURL(t testing.TB, dialect string) string {
	t.Helper()
	if dialect == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	server, name := postgres(t), newName()
	admin(t, server, "create role "+name+" superuser login; create schema authorization "+name)
	return strings.Replace(server.URL("postgres"), "//kept@", "//"+name+"@", 1)
}

// NewDatabase makes an empty PostgreSQL database, for tests of what is done to a whole one.
func NewDatabase(t testing.TB) string {
	t.Helper()
	server, name := postgres(t), newName()
	admin(t, server, "create database "+name)
	t.Cleanup(func() { admin(t, server, "drop database "+name+" with (force)") })
	return server.URL(name)
}

func newName() string { return "t_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

func admin(t testing.TB, server *localserver.Postgres, text string) {
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	require.NoError(t, err)
}

// postgres is the test binary's server. It loses nothing when processes die; only the machine must not.
func postgres(t testing.TB) *localserver.Postgres {
	started.Lock()
	defer started.Unlock()
	if started.server == nil {
		dir, err := os.MkdirTemp("", "kittest")
		require.NoError(t, err)
		started.server, err = localserver.StartPostgres(context.WithoutCancel(t.Context()), dir, localserver.Careless...)
		started.stop = func() { os.RemoveAll(dir) }
		require.NoError(t, err, "the tests need PostgreSQL")
		started.stop = func() { started.server.Stop(false); os.RemoveAll(dir) }
	}
	return started.server
}

// Redis starts a Redis of the test's own.
func Redis(t testing.TB) (*localserver.Redis, *redis.Client) {
	t.Helper()
	s, err := localserver.StartRedis(t.Context(), t.TempDir())
	require.NoError(t, err)
	client := redis.NewClient(&redis.Options{Addr: s.Addr()})
	t.Cleanup(func() { client.Close(); s.Stop(true) })
	return s, client
}

// Exec runs one statement.
func Exec(t testing.TB, db *sqldb.DB, text string, args ...any) {
	t.Helper()
	require.NoError(t, db.Update(context.WithoutCancel(t.Context()), "test", func(tx *sqldb.Tx) error {
		tx.Exec(text, args...)
		return nil
	}))
}

// Number is the answer of a query for one number.
func Number(t testing.TB, db *sqldb.DB, text string, args ...any) int64 {
	t.Helper()
	rows, err := db.Query(context.WithoutCancel(t.Context()), text, args...)
	require.NoError(t, err)
	n, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	require.NoError(t, err)
	return n
}

// Log writes to the test's output.
func Log(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// Tracer records nothing.
func Tracer() trace.Tracer { return noop.NewTracerProvider().Tracer("") }
