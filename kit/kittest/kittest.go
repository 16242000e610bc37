// Package kittest gives tests the servers that they need: a database of each sort with the plumbing's tables, and Redis.
// Where a server is not installed the test fails.
package kittest

import (
	"context"
	"fmt"
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

	"kept.dev/kit/localpg"
	"kept.dev/kit/localredis"
	"kept.dev/kit/schema"
	"kept.dev/kit/sqldb"
)

// Dialects are the databases that every behaviour is tested on.
var Dialects = []string{"sqlite", "postgres"}

// server is the one PostgreSQL of a test binary, started when it is first needed.
var server = struct {
	sync.Mutex
	url  string
	stop func()
}{stop: func() {}}

// Main runs the tests and stops the servers; TestMain calls it.
func Main(m *testing.M) {
	code := m.Run()
	server.stop()
	os.Exit(code)
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

// NewURL makes an empty database. KEPT_TEST_POSTGRES may name a PostgreSQL server to make it on.
func NewURL(t testing.TB, dialect string) string {
	t.Helper()
	if dialect == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	url, err := postgres()
	require.NoError(t, err, "the tests need PostgreSQL")
	name := "t_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	admin(t, url, "create database "+name)
	t.Cleanup(func() { admin(t, url, "drop database "+name+" with (force)") })
	return url + "/" + name
}

func admin(t testing.TB, url, text string) {
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, url+"/postgres")
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	require.NoError(t, err)
}

func postgres() (string, error) {
	server.Lock()
	defer server.Unlock()
	if server.url != "" {
		return server.url, nil
	}
	if url := os.Getenv("KEPT_TEST_POSTGRES"); url != "" {
		server.url = strings.TrimSuffix(url, "/")
		return server.url, nil
	}
	dir, err := os.MkdirTemp("", "kittest")
	if err != nil {
		return "", err
	}
	pg, err := localpg.Start(context.Background(), dir)
	if err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	server.url = strings.TrimSuffix(pg.URL(""), "/")
	server.stop = func() { pg.Stop(false); os.RemoveAll(dir) }
	return server.url, nil
}

// Redis starts a Redis of the test's own.
func Redis(t testing.TB) (*localredis.Server, *redis.Client) {
	t.Helper()
	s, err := localredis.Start(t.Context(), t.TempDir())
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
