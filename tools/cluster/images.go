package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"kept.dev/tools/kube"
	"kept.dev/tools/oci"
)

// The images that every node has. Of pause there is a container in each Pod, which has to do nothing but be there.
const (
	busyboxImage = "localhost/busybox:1"
	pauseImage   = "localhost/pause:1"
	corednsImage = "localhost/coredns:" + coredns
)

// imageFolder is where their archives are.
func imageFolder() string { return "coredns-" + coredns }

// makeImages makes the archives of all of them.
func makeImages(ctx context.Context, cache *kube.Cache) error {
	dir, err := cache.Folder(imageFolder())
	if err != nil || kube.Exists(filepath.Join(dir, "coredns.tar")) {
		return err
	}
	shell, err := busybox(ctx, filepath.Join(cache.Dir, debianFolder, "bin", "busybox"))
	if err != nil {
		return err
	}
	program, err := buildCoreDNS(ctx, dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	return errors.Join(
		writeImage(filepath.Join(dir, "busybox.tar"), busyboxImage, v1.Config{Cmd: []string{"/bin/sh"}}, shell...),
		writeImage(filepath.Join(dir, "pause.tar"), pauseImage, v1.Config{Cmd: []string{"/bin/sleep", "1000000000"}, User: "65532"}, shell...),
		writeImage(filepath.Join(dir, "coredns.tar"), corednsImage, v1.Config{Entrypoint: []string{"/coredns"}},
			oci.File{Name: "coredns", Mode: 0o555, Data: text}))
}

// busybox is the program, and a link to it for each of the commands that it is.
func busybox(ctx context.Context, program string) ([]oci.File, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	list, err := exec.CommandContext(ctx, program, "--list").Output()
	files := []oci.File{{Name: "bin/busybox", Mode: 0o555, Data: text}}
	for command := range strings.FieldsSeq(string(list)) {
		if command != "busybox" {
			files = append(files, oci.File{Name: "bin/" + command, Link: "busybox"})
		}
	}
	return files, err
}

func writeImage(archive, tag string, config v1.Config, files ...oci.File) error {
	layer, err := oci.Layer(files...)
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return err
	}
	config.Env = []string{"PATH=/bin:/"}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", "amd64", config
	if image, err = mutate.ConfigFile(image, file); err != nil {
		return err
	}
	ref, err := name.NewTag(tag)
	if err != nil {
		return err
	}
	return tarball.WriteToFile(archive, ref, image)
}
