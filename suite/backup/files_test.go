package backup

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnfinishedRoomsGo: a room that a killed process has left is swept away by the next one, and one in use is not.
func TestUnfinishedRoomsGo(t *testing.T) {
	parent := t.TempDir()
	left := filepath.Join(parent, roomPrefix+"1")
	require.NoError(t, os.MkdirAll(filepath.Join(left, "data"), 0o700))
	err := inRoom(filepath.Join(parent, "outer"), func(room string) error {
		require.NoDirExists(t, left)
		require.NoError(t, inRoom(filepath.Join(parent, "inner"), func(string) error { return nil }))
		require.DirExists(t, room)
		return nil
	})
	require.NoError(t, err)
	require.Error(t, inRoom(filepath.Join(parent, "none"), func(string) error { return errors.New("no") }))
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, "inner", entries[0].Name())
	require.Equal(t, "outer", entries[1].Name())
}
