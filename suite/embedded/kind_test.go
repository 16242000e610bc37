package embedded

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSandboxAndRealDataShareNoFolder(t *testing.T) {
	play, real := t.TempDir(), t.TempDir()
	for range 2 {
		require.NoError(t, checkKind(play, true))
		require.NoError(t, checkKind(real, false))
	}
	require.ErrorContains(t, checkKind(play, false), "serve it with --sandbox")
	require.ErrorContains(t, checkKind(real, true), "leave out --sandbox")
}

func TestARestoredSandboxIsKnownByItsClock(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, clockFile), []byte("7\n"), 0o600))
	require.Error(t, checkKind(dir, false))
	require.NoError(t, checkKind(dir, true))
}
