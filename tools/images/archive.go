package main

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// writeArchive writes an OCI archive of the images, one for each platform, under one name.
func (s settings) writeArchive(name string, images map[string]v1.Image) error {
	dir, err := os.MkdirTemp(s.out, ".layout-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	names := layout.WithAnnotations(map[string]string{
		"io.containerd.image.name": s.image(name), "org.opencontainers.image.ref.name": s.version,
	})
	if len(images) == 1 {
		err = path.AppendImage(images[s.platforms[0]], names)
	} else {
		err = path.AppendIndex(together(images), names)
	}
	if err != nil {
		return err
	}
	return pack(dir, s.archive(name))
}

func together(images map[string]v1.Image) v1.ImageIndex {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range slices.Sorted(maps.Keys(images)) {
		system, arch, _ := strings.Cut(platform, "/")
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: images[platform], Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: system, Architecture: arch}},
		})
	}
	return index
}

// pack writes the folder as an archive that is the same each time, in the old one's place at once.
func pack(dir, archive string) (err error) {
	out, err := os.Create(archive + ".new")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := strings.TrimPrefix(path, dir+string(filepath.Separator))
		return packFile(w, path, filepath.ToSlash(name), entry.IsDir())
	})
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	return os.Rename(archive+".new", archive)
}

func packFile(w *tar.Writer, path, name string, dir bool) error {
	if dir {
		return w.WriteHeader(&tar.Header{Name: name + "/", Mode: 0o755, Typeflag: tar.TypeDir, Format: tar.FormatUSTAR})
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size(), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
