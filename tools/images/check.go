package main

import (
	"archive/tar"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// maxArchive is how big an image may be, in bytes.
const maxArchive = 40 << 20

// check reads the archive back and tells what is not as it should be.
func (s settings) check(name string) error {
	info, err := os.Stat(s.archive(name))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := unpack(s.archive(name), dir); err != nil {
		return err
	}
	images, err := imagesIn(dir)
	if err != nil {
		return err
	}
	var faults []error
	if each := info.Size() / int64(max(1, len(images))); each > maxArchive {
		faults = append(faults, fmt.Errorf("%d bytes, more than %d", each, int64(maxArchive)))
	}
	for _, image := range images {
		faults = append(faults, s.checkConfig(image), checkFiles(image))
	}
	if _, err := os.Stat(s.bom(name)); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// imagesIn are the images of a layout, through an index for several platforms where there is one.
func imagesIn(dir string) (images []v1.Image, err error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 || manifest.Manifests[0].Annotations["io.containerd.image.name"] == "" {
		return nil, errors.New("an archive holds one named image")
	}
	if only := manifest.Manifests[0]; only.MediaType.IsIndex() {
		if index, err = index.ImageIndex(only.Digest); err != nil {
			return nil, err
		}
		if manifest, err = index.IndexManifest(); err != nil {
			return nil, err
		}
	}
	for _, m := range manifest.Manifests {
		image, err := index.Image(m.Digest)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

func (s settings) checkConfig(image v1.Image) error {
	file, err := image.ConfigFile()
	if err != nil {
		return err
	}
	var faults []error
	if file.Config.User != user {
		faults = append(faults, fmt.Errorf("runs as %q, not as %s", file.Config.User, user))
	}
	if !slices.Equal(file.Config.Entrypoint, []string{"/" + binaryName}) {
		faults = append(faults, fmt.Errorf("starts %v", file.Config.Entrypoint))
	}
	for _, label := range []string{"version", "revision", "source", "title", "licenses"} {
		if file.Config.Labels["org.opencontainers.image."+label] == "" {
			faults = append(faults, fmt.Errorf("has no label %s", label))
		}
	}
	return errors.Join(faults...)
}

// checkFiles wants the binary, static, and what every image has; nothing else.
func checkFiles(image v1.Image) error {
	content := mutate.Extract(image)
	defer content.Close()
	dir, err := os.MkdirTemp("", "image-files-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var found []string
	reader := tar.NewReader(content)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		found = append(found, header.Name)
		if header.Uid != 0 || header.Mode&0o222 != 0 {
			return fmt.Errorf("%s can be written, or is not root's", header.Name)
		}
		if header.Name == binaryName {
			if err := save(reader, filepath.Join(dir, binaryName)); err != nil {
				return err
			}
		}
	}
	slices.Sort(found)
	want := []string{certificates, binaryName, zones}
	slices.Sort(want)
	if !slices.Equal(found, want) {
		return fmt.Errorf("holds %s, not %s", strings.Join(found, ", "), strings.Join(want, ", "))
	}
	return checkBinary(filepath.Join(dir, binaryName))
}

func checkBinary(path string) error {
	if _, err := buildinfo.ReadFile(path); err != nil {
		return err
	}
	program, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer program.Close()
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			return errors.New("the binary is not static")
		}
	}
	return nil
}

func unpack(archive, dir string) error {
	in, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer in.Close()
	reader := tar.NewReader(in)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !filepath.IsLocal(header.Name) {
			return fmt.Errorf("%s leads out of the archive", header.Name)
		}
		if header.Typeflag == tar.TypeReg {
			if err := save(reader, filepath.Join(dir, header.Name)); err != nil {
				return err
			}
		}
	}
}

func save(from io.Reader, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}
