package embedded

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderThatHasLostADatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, checkDatabases(dir), "a new folder")
	for name := range Services() {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".db"), []byte("something"), 0o600))
	}
	require.NoError(t, noteDatabases(dir))
	require.NoError(t, checkDatabases(dir))
	require.NoError(t, os.Truncate(filepath.Join(dir, "loyalty.db"), 0))
	require.NoError(t, os.Remove(filepath.Join(dir, "order.db")))
	err := checkDatabases(dir)
	require.ErrorContains(t, err, "loyalty.db, order.db")
	require.NotContains(t, err.Error(), "customer.db")
}

func TestOthersAreKeptOutOfTheFolder(t *testing.T) {
	for _, dir := range []string{filepath.Join(t.TempDir(), "new"), t.TempDir()} {
		if _, err := os.Stat(dir); err == nil {
			require.NoError(t, os.Chmod(dir, 0o755))
		}
		require.NoError(t, makePrivate(dir))
		info, err := os.Stat(dir)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
}
