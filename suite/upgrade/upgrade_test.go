package upgrade_test

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
)

func TestMain(m *testing.M) {
	flag.String("release", "", "write the folder of this release, such as v0.2.0")
	flag.Parse()
	kittest.Main(m)
}

const (
	patience = 20 * time.Second
	glance   = 20 * time.Millisecond
)

// TestTheEmbeddedSuiteIsBroughtUp starts this version on the data folder of the last release.
func TestTheEmbeddedSuiteIsBroughtUp(t *testing.T) {
	dir := t.TempDir()
	for service := range embedded.Services() {
		build(t, last(t), service, "sqlite:"+filepath.Join(dir, service+".db"))
	}
	suite, env := environment.EmbeddedWith(t, embedded.Config{Dir: dir})
	require.NoError(t, runStory(t, env, goOn))
	for service, db := range suite.Databases() {
		require.Empty(t, broken(t, db), service)
	}
}

// TestTheDistributedSuiteIsBroughtUp starts this version on the databases of the last release.
func TestTheDistributedSuiteIsBroughtUp(t *testing.T) {
	kittest.Long(t)
	redis, _ := kittest.Redis(t)
	on := environment.Backends{Databases: map[string]string{}, Redis: redis.URL(), Keys: t.TempDir(), Mailbox: t.TempDir()}
	for service := range embedded.Services() {
		on.Databases[service] = kittest.NewDatabase(t)
		build(t, last(t), service, on.Databases[service])
	}
	env, stop := environment.Distributed(t, on)
	require.NoError(t, runStory(t, env, goOn))
	stop()
	requireSound(t, on.Databases)
}

// requireSound checks that nothing has failed in any of the databases, whose processes have ended.
func requireSound(t *testing.T, databases map[string]string) {
	t.Helper()
	for service, url := range databases {
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url})
		require.NoError(t, err)
		require.Empty(t, broken(t, db), service)
		db.Close()
	}
}
