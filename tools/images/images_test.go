package main

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/require"

	"kept.dev/tools/oci"
)

// repository is one with a single small program in it.
func repository(t *testing.T, out string) settings {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                         "module small\n\ngo 1.26\n",
		"services/order/cmd/order/go.go": "package main\n\nfunc main() { println(\"hello\") }\n",
	} {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return settings{
		root: root, out: out, prefix: "localhost/kept", version: "v1.2.3", revision: "abc", source: "https://example.org",
		platforms: []string{"linux/amd64"}, only: []string{"order"},
	}
}

func digest(t *testing.T, path string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return sha256.Sum256(data)
}

func TestTwoBuildsHaveOneDigest(t *testing.T) {
	one, two := repository(t, t.TempDir()), repository(t, t.TempDir()) // in folders of their own
	for _, s := range []settings{one, two} {
		require.NoError(t, s.make(t.Context(), "order"))
		require.NoError(t, s.check("order"))
	}
	require.Equal(t, digest(t, one.archive("order")), digest(t, two.archive("order")))
	require.Equal(t, digest(t, one.bom("order")), digest(t, two.bom("order")))
}

func TestOneArchiveForManyPlatforms(t *testing.T) {
	s := repository(t, t.TempDir())
	s.platforms = []string{"linux/amd64", "linux/arm64"}
	require.NoError(t, s.make(t.Context(), "order"))
	require.NoError(t, s.check("order"))

	dir := t.TempDir()
	require.NoError(t, unpack(s.archive("order"), dir))
	images, err := imagesIn(dir)
	require.NoError(t, err)
	require.Len(t, images, 2)
}

// TestAnImageThatIsNotAsItShouldBeIsRefused makes each fault on purpose.
func TestAnImageThatIsNotAsItShouldBeIsRefused(t *testing.T) {
	s := repository(t, t.TempDir())
	require.NoError(t, s.make(t.Context(), "order"))
	dir := t.TempDir()
	require.NoError(t, unpack(s.archive("order"), dir))
	images, err := imagesIn(dir)
	require.NoError(t, err)
	good, err := images[0].ConfigFile()
	require.NoError(t, err)

	for fault, spoil := range map[string]func(*v1.ConfigFile){
		"runs as":     func(c *v1.ConfigFile) { c.Config.User = "" },
		"starts":      func(c *v1.ConfigFile) { c.Config.Entrypoint = []string{"/bin/sh"} },
		"no label ve": func(c *v1.ConfigFile) { delete(c.Config.Labels, "org.opencontainers.image.version") },
	} {
		bad := good.DeepCopy()
		spoil(bad)
		require.ErrorContains(t, s.checkConfig(configured{images[0], bad}), fault)
	}
	require.NoError(t, s.checkConfig(images[0]))
	more, err := oci.Layer(oci.File{Name: "bin/sh", Mode: 0o555, Data: []byte("#!")})
	require.NoError(t, err)
	fat, err := mutate.AppendLayers(images[0], more)
	require.NoError(t, err)
	require.ErrorContains(t, checkFiles(fat), "holds bin/sh")
}

// configured is an image with another configuration.
type configured struct {
	v1.Image
	config *v1.ConfigFile
}

func (c configured) ConfigFile() (*v1.ConfigFile, error) { return c.config, nil }
