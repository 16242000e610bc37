// Package oci makes layers of container images.
package oci

import (
	"archive/tar"
	"bytes"
	"io"
	"path/filepath"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is one file of a layer.
type File struct {
	Name string
	Mode int64
	Data []byte
	Link string // where a symbolic link leads; then the rest is empty
}

// Layer is a compressed layer of the files, owned by root and older than anything, so that it is the same each time.
func Layer(files ...File) (v1.Layer, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	folders := map[string]bool{}
	for _, f := range files {
		if err := addFolders(w, f.Name, folders); err != nil {
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

func addFile(w *tar.Writer, f File) error {
	header := &tar.Header{Name: f.Name, Mode: f.Mode, Size: int64(len(f.Data)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if f.Link != "" {
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, f.Link, 0o777
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.Write(f.Data)
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
