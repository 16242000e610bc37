package backup_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/token"
	"kept.dev/suite/backup"
	"kept.dev/suite/embedded"
	"kept.dev/suite/scenario"
)

// running is the embedded suite as the command runs it: on a folder, mails into it, and ready to be asked for a backup.
type running struct {
	env   scenario.Environment
	suite *embedded.Suite
	stop  func()
}

func start(t *testing.T, dir string) running {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	suite, err := embedded.Open(t.Context(), embedded.Config{
		Dir: dir, Sandbox: true, Log: log, Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(),
		Mail: kit.Mail{From: "Shop <shop@example.org>", PublicURL: "https://shop.example"},
	})
	require.NoError(t, err)
	control := backup.Part(dir, suite.Databases(), log)
	require.NoError(t, control.Start(t.Context()))
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return suite.Run(ctx) })
	work.Go(func() error { return control.Run(ctx) })
	server := httptest.NewServer(suite.Handler)
	stop := func() {
		server.Close()
		require.NoError(t, control.Stop(ctx))
		cancel()
		if err := work.Wait(); !errors.Is(err, context.Canceled) {
			require.NoError(t, err)
		}
		suite.Close()
	}
	return running{stop: stop, suite: suite, env: environmentAt(server.URL, suite.Issuer)}
}

func environmentAt(url string, issuer *token.Issuer) scenario.Environment {
	return scenario.Environment{
		URL: url, HTTP: &http.Client{Timeout: time.Minute}, Soon: 10 * time.Second,
		Token: func(p access.Principal) (string, error) { return issuer.Issue(p, time.Hour) },
	}
}

// TestABackupOfARunningSuite: customers shop while backups are taken. What is restored from any of them balances, and is
// gone on with.
func TestABackupOfARunningSuite(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	s := start(t, dir)
	openShop(t, s.env)
	require.NoError(t, runStory(t.Context(), s.env, shopping))
	stop := traffic(t, s.env)
	for _, name := range []string{"one", "two", "three"} {
		m, err := backup.Ask(t.Context(), dir, filepath.Join(out, name))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), m.Taken, time.Minute)
		<-time.After(200 * time.Millisecond)
	}
	stop()
	auditOfFolder(t, dir).balance(t)
	s.stop()
	all := auditOfFolder(t, dir).count(t, "order", `select count(*) from orders`)
	orders := 0
	for _, name := range []string{"one", "two", "three"} {
		restored := filepath.Join(t.TempDir(), "data")
		_, err := backup.Restore(t.Context(), filepath.Join(out, name), restored)
		require.NoError(t, err)
		before := auditOfFolder(t, restored).count(t, "order", `select count(*) from orders`)
		require.Greater(t, before, orders, "later backups hold more")
		require.Less(t, before, all)
		orders = before
		goOn(t, restored)
	}
	t.Logf("of %d orders the last backup had %d", all, orders)
}

// goOn starts a suite on restored data, which settles by itself and works, with the tokens of the old one.
func goOn(t *testing.T, dir string) {
	t.Helper()
	s := start(t, dir)
	defer s.stop()
	b := auditOfFolder(t, dir)
	b.balance(t)
	require.NoError(t, runStory(t.Context(), s.env, shopping))
	b.balance(t)
}

func TestWhatABackupHolds(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	s := start(t, dir)
	defer s.stop()
	for path, text := range map[string]string{"mailbox/one.eml": "Dear Olena", "sandbox-clock": "7\n", "kept.log": "…", "mailbox/.new-1": "Dear"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600))
	}
	m, err := backup.Ask(t.Context(), dir, out)
	require.NoError(t, err)
	read, err := backup.Read(out)
	require.NoError(t, err)
	require.Equal(t, m, read)
	var paths []string
	for _, f := range m.Files {
		paths = append(paths, f.Path)
	}
	require.Subset(t, paths, []string{"customer.db", "order.db", "loyalty.db", "notification.db", "support.db", "mailbox/one.eml",
		"sandbox-clock", "keys/keys.json"})
	for _, path := range []string{"lock", "control.sock", "kept.log", "order.db-wal", "order.db-shm", "mailbox/.new-1"} {
		require.NotContains(t, paths, path)
	}
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "it holds keys and what is known of customers")
}

func TestWhatIsNoBackup(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	s := start(t, dir)
	_, err := backup.Ask(t.Context(), dir, filepath.Join(dir, "within"))
	require.ErrorContains(t, err, "is within")
	_, err = backup.Ask(t.Context(), dir, filepath.Join(dir, "keys", "keys.json", "x"))
	require.Error(t, err)
	_, err = backup.Ask(t.Context(), dir, out)
	require.NoError(t, err)
	_, err = backup.Ask(t.Context(), dir, out)
	require.ErrorContains(t, err, "is there already")
	s.stop()
	_, err = backup.Ask(t.Context(), dir, out+"2")
	require.ErrorIs(t, err, backup.ErrNobody)

	_, err = backup.Restore(t.Context(), out, dir)
	require.ErrorContains(t, err, "has something in it already")
	_, err = backup.Restore(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "data"))
	require.ErrorContains(t, err, "holds no backup")
	file := filepath.Join(out, "data", "keys", "keys.json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	text[0]++
	require.NoError(t, os.WriteFile(file, text, 0o600))
	restored := filepath.Join(t.TempDir(), "data")
	_, err = backup.Restore(t.Context(), out, restored)
	require.ErrorContains(t, err, "keys/keys.json is not what was written")
	require.NoDirExists(t, restored)
}

// TestABackupThatFailsLeavesNothing: neither under its name nor beside it.
func TestABackupThatFailsLeavesNothing(t *testing.T) {
	dir, shelf := t.TempDir(), t.TempDir()
	s := start(t, dir)
	defer s.stop()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := backup.Write(ctx, dir, s.suite.Databases(), filepath.Join(shelf, "out"))
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(shelf)
	require.NoError(t, err)
	require.Empty(t, left)
}
