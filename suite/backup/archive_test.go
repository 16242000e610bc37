package backup_test

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/backup"
)

func archiveOf(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for _, h := range headers {
		h.Mode = 0o666
		require.NoError(t, archive.WriteHeader(&h))
		_, err := archive.Write(bytes.Repeat([]byte("x"), int(h.Size)))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return &out
}

func TestAnArchiveStaysInItsFolder(t *testing.T) {
	for name, headers := range map[string][]tar.Header{
		"a path that leads out":   {{Name: "../evil", Typeflag: tar.TypeReg, Size: 1}},
		"a path from the root":    {{Name: "/evil", Typeflag: tar.TypeReg, Size: 1}},
		"a link":                  {{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc"}},
		"a device":                {{Name: "null", Typeflag: tar.TypeChar}},
		"the same file, again":    {{Name: "a", Typeflag: tar.TypeReg, Size: 1}, {Name: "a", Typeflag: tar.TypeReg, Size: 1}},
		"a folder that leads out": {{Name: "a/../../evil/", Typeflag: tar.TypeDir}},
	} {
		dir := filepath.Join(t.TempDir(), "in")
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.ErrorContains(t, backup.Unpack(archiveOf(t, headers...), dir), "the backup's archive", name)
		require.NoFileExists(t, filepath.Join(filepath.Dir(dir), "evil"), name)
	}
	dir := t.TempDir()
	require.NoError(t, backup.Unpack(archiveOf(t, tar.Header{Name: "data/keys/k", Typeflag: tar.TypeReg, Size: 3}), dir))
	info, err := os.Stat(filepath.Join(dir, "data", "keys", "k"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("data"))
	var sound bytes.Buffer
	archive := tar.NewWriter(&sound)
	_ = archive.WriteHeader(&tar.Header{Name: "data/a", Typeflag: tar.TypeReg, Size: 0, Mode: 0o600})
	_ = archive.Close()
	f.Add(sound.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		above := t.TempDir()
		dir := filepath.Join(above, "in")
		require.NoError(t, os.Mkdir(dir, 0o700))
		_ = backup.Unpack(bytes.NewReader(raw), dir)
		entries, err := os.ReadDir(above)
		require.NoError(t, err)
		require.Len(t, entries, 1, "only the folder itself")
	})
}
