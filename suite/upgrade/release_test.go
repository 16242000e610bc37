package upgrade_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/schema"
	"kept.dev/kit/sqldb"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/upgrade"
)

// TestTakeRelease writes the folder of a release when it is told its version, and otherwise one that is thrown away.
func TestTakeRelease(t *testing.T) {
	release := upgrade.Release(filepath.Join(t.TempDir(), "v9.9.9"))
	if version := flag.Lookup("release").Value.String(); version != "" {
		release = upgrade.Release(filepath.Join("testdata", version))
	}
	suite, env := environment.EmbeddedWith(t, embedded.Config{Dir: t.TempDir()})
	require.NoError(t, runStory(t, env, writeHistory))
	require.Eventually(t, func() bool { return quiet(t, suite) }, patience, glance)
	require.NoError(t, release.TakeMigrations("plumbing", schema.Files))
	for service, db := range suite.Databases() {
		require.NoError(t, release.Take(t.Context(), service, today(t)[service], db))
	}
	sums, err := release.Sums()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(string(release), upgrade.SumsFile), []byte(sums), 0o644))
	for service := range suite.Databases() {
		build(t, release, service, "sqlite:"+filepath.Join(t.TempDir(), "built.db"))
	}
}

// today are the migrations of this version, by service.
func today(t *testing.T) map[string]fs.FS {
	t.Helper()
	out := map[string]fs.FS{"plumbing": schema.Files}
	for name, service := range environment.Describe(t) {
		out[name] = service.Migrations
	}
	return out
}

func build(t *testing.T, release upgrade.Release, service, url string) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, release.Build(t.Context(), service, db), service)
}

// last is the last release.
func last(t *testing.T) upgrade.Release {
	t.Helper()
	versions, err := upgrade.Releases("testdata")
	require.NoError(t, err)
	require.NotEmpty(t, versions)
	return upgrade.Release(filepath.Join("testdata", versions[len(versions)-1]))
}

// TestWhatIsReleasedIsNotEdited compares every release with the sums that were written with it.
func TestWhatIsReleasedIsNotEdited(t *testing.T) {
	versions, err := upgrade.Releases("testdata")
	require.NoError(t, err)
	for _, version := range versions {
		release := upgrade.Release(filepath.Join("testdata", version))
		sums, err := release.Sums()
		require.NoError(t, err)
		written, err := os.ReadFile(filepath.Join(string(release), upgrade.SumsFile))
		require.NoError(t, err)
		require.Equal(t, string(written), sums, version)
	}
}

// TestMigrationsOnlyAdd compares today's migrations with those of the last release, whose code goes on beside them.
func TestMigrationsOnlyAdd(t *testing.T) {
	versions, err := upgrade.Releases("testdata")
	require.NoError(t, err)
	for service, migrations := range today(t) {
		released := last(t).Migrations(service)
		if _, err := fs.Stat(released, "."); err != nil {
			released = fstest.MapFS{} // a new service
		}
		faults, err := upgrade.Faults(released, migrations, versions)
		require.NoError(t, err)
		require.Empty(t, faults, service)
	}
}

func TestReleasesAreInOrder(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"v0.10.0", "v1.0.0", "v0.9.0", "v0.9.1"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o755))
	}
	versions, err := upgrade.Releases(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"v0.9.0", "v0.9.1", "v0.10.0", "v1.0.0"}, versions)
}
