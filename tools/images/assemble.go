package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// What is in an image besides the binary, and who runs it.
const (
	certificates = "etc/ssl/certs/ca-certificates.crt"
	zones        = "usr/share/zoneinfo.zip"
	user         = "65532:65532"
	binaryName   = "program" // in every image
)

// file is one file of a layer.
type file struct {
	name string
	mode int64
	data []byte
	link string // where a symbolic link leads; then the rest is empty
}

// assemble puts the binary on top of what every program needs.
func (s settings) assemble(name, platform, binary string) (v1.Image, error) {
	program, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	zoneinfo, err := zoneFile()
	if err != nil {
		return nil, err
	}
	base, err := layer(file{name: certificates, mode: 0o444, data: roots()}, file{name: zones, mode: 0o444, data: zoneinfo})
	if err != nil {
		return nil, err
	}
	top, err := layer(file{name: binaryName, mode: 0o555, data: program})
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, base, top); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, _ = strings.Cut(platform, "/")
	config.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	config.Config = s.config(name)
	return mutate.ConfigFile(image, config)
}

func (s settings) config(name string) v1.Config {
	return v1.Config{
		User: user, Entrypoint: []string{"/" + binaryName}, WorkingDir: "/", Env: []string{"ZONEINFO=/" + zones},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "Kept: " + name,
			"org.opencontainers.image.version":  s.version,
			"org.opencontainers.image.revision": s.revision,
			"org.opencontainers.image.source":   s.source,
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
}

// layer is a compressed layer of the files, owned by root and older than anything, so that it is the same each time.
func layer(files ...file) (v1.Layer, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	folders := map[string]bool{}
	for _, f := range files {
		if err := addFolders(w, f.name, folders); err != nil {
			return nil, err
		}
		if err := addFile(w, f); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}

func addFile(w *tar.Writer, f file) error {
	header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if f.link != "" {
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, f.link, 0o777
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.Write(f.data)
	return err
}

// addFolders adds the folders above the file that are not there yet.
func addFolders(w *tar.Writer, name string, there map[string]bool) error {
	var above []string
	for dir := filepath.Dir(name); dir != "." && !there[dir]; dir = filepath.Dir(dir) {
		above, there[dir] = append(above, dir), true
	}
	for _, dir := range slices.Backward(above) {
		header := &tar.Header{Name: dir + "/", Mode: 0o755, Typeflag: tar.TypeDir, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
	}
	return nil
}

// roots are Mozilla's certificate authorities, pinned by the module that carries them.
func roots() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
	}
	return out.Bytes()
}

// zoneFile is the time-zone data of the Go that builds.
func zoneFile() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
}
