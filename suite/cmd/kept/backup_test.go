package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
)

// TestBackupAndRestoreOfDataAtRest: no suite runs, and none may start meanwhile.
func TestBackupAndRestoreOfDataAtRest(t *testing.T) {
	dir, out, restored := t.TempDir(), filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "data")
	t.Run("a suite", func(t *testing.T) { environment.EmbeddedWith(t, embedded.Config{Dir: dir}) })
	require.NoError(t, (&BackupCmd{Data: dir, Out: out}).Run(t.Context()))
	require.NoError(t, (&RestoreCmd{From: out, Data: restored}).Run(t.Context()))
	t.Run("goes on", func(t *testing.T) { environment.EmbeddedWith(t, embedded.Config{Dir: restored}) })

	lock, err := embedded.Lock(dir)
	require.NoError(t, err)
	defer lock.Close()
	require.ErrorContains(t, (&BackupCmd{Data: dir, Out: out + "2"}).Run(t.Context()), "in use by another process")
}

// TestABackupThroughAPipe: from a volume to an archive, and from that to a fresh volume.
func TestABackupThroughAPipe(t *testing.T) {
	dir, volume := t.TempDir(), t.TempDir()
	t.Run("a suite", func(t *testing.T) { environment.EmbeddedWith(t, embedded.Config{Dir: dir}) })
	require.NoError(t, os.Mkdir(filepath.Join(volume, "lost+found"), 0o700))
	var archive bytes.Buffer
	require.NoError(t, (&BackupCmd{Data: dir}).stream(t.Context(), &archive))
	cut := archive.Bytes()[:archive.Len()/2]
	require.Error(t, (&RestoreCmd{Data: volume}).unpacked(t.Context(), bytes.NewReader(cut)))
	require.NoError(t, (&RestoreCmd{Data: volume}).unpacked(t.Context(), &archive))
	t.Run("goes on", func(t *testing.T) { environment.EmbeddedWith(t, embedded.Config{Dir: volume}) })
	for _, folder := range []string{dir, volume} {
		left, err := filepath.Glob(filepath.Join(folder, ".*"))
		require.NoError(t, err)
		require.Empty(t, left)
	}
	require.ErrorContains(t, (&RestoreCmd{Data: volume}).unpacked(t.Context(), bytes.NewReader(cut)), "archive")
}

func TestWhatCanNotBeBackedUpOrRestored(t *testing.T) {
	empty := t.TempDir()
	require.ErrorContains(t, (&BackupCmd{Data: empty, Out: filepath.Join(t.TempDir(), "out")}).Run(t.Context()), "there is no suite's data")
	require.ErrorContains(t, (&RestoreCmd{From: empty}).Run(t.Context()), "name either")
	require.ErrorContains(t, (&RestoreCmd{From: empty, Data: filepath.Join(empty, "data")}).Run(t.Context()), "holds no backup")
	require.NoDirExists(t, filepath.Join(empty, "data"))
}
