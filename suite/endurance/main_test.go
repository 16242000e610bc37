// Package endurance kills, cuts off and overloads the suite as real processes, in both shapes, and checks in the databases
// that nothing was lost and nothing happened twice.
package endurance_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
	"kept.dev/suite/mailsink"
	"kept.dev/suite/scenario"
)

// sink takes the mails of all tests. Addresses differ, so they do not mix.
var sink *mailsink.Sink

// bin is the folder of the suite's programs, with failpoints in them, built once for all tests.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("left to make test-all: real processes, and their deaths")
		return
	}
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "kept-bin-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := cluster.Build(context.Background(), dir, "failpoints"); err != nil {
		return 0, err
	}
	bin = dir
	if sink, err = mailsink.Open(dir); err != nil {
		return 0, err
	}
	defer sink.Stop()
	return m.Run(), nil
}

// patience is how long the suite may take to be itself again after a blow.
const patience = 30 * time.Second

// startCluster starts the distributed suite, impatient, and ends it with the test.
func startCluster(t *testing.T) *cluster.Cluster {
	t.Helper()
	return startClusterWith(t, cluster.Config{Unlimited: true})
}

// startClusterWith starts one of another kind.
func startClusterWith(t *testing.T, cfg cluster.Config) *cluster.Cluster {
	t.Helper()
	cfg.Dir, cfg.Bin, cfg.Sandbox, cfg.Impatient, cfg.Env = t.TempDir(), bin, true, true, []string{sink.Env()}
	c, err := cluster.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop()) })
	return c
}

// startEmbedded starts the embedded suite on a folder of its own, and ends it with the test.
func startEmbedded(t *testing.T) (*cluster.Embedded, string) {
	t.Helper()
	dir := t.TempDir()
	e, err := cluster.StartEmbedded(t.Context(), dir, bin, true, sink.Env())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Stop()) })
	return e, dir
}

// play plays S07 with more patience than a customer has.
func runStory(t *testing.T, env scenario.Environment) error {
	t.Helper()
	env.Soon, env.Mails, env.Kills = patience, sink.For, true
	_, err := scenario.Run(t.Context(), env, scenario.Story{Number: "S07", Run: scenario.S07})
	return err
}
