package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// names are the programs to do, in order.
func (s settings) names() []string {
	if len(s.only) > 0 {
		return s.only
	}
	return slices.Sorted(maps.Keys(programs))
}

// make builds the program for every platform and writes its archive and its bill of materials.
func (s settings) make(ctx context.Context, name string) error {
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(s.out, ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	images := map[string]v1.Image{}
	for i, platform := range s.platforms {
		binary := filepath.Join(scratch, strings.ReplaceAll(platform, "/", "-"), name)
		if err := s.compile(ctx, programs[name], platform, binary); err != nil {
			return err
		}
		if images[platform], err = s.assemble(name, platform, binary); err != nil {
			return err
		}
		if i > 0 { // the materials are the same on every platform
			continue
		}
		if err := s.writeBOM(name, binary); err != nil {
			return err
		}
	}
	if err := s.writeArchive(name, images); err != nil {
		return err
	}
	fmt.Printf("%s  %s\n", s.archive(name), s.image(name))
	return nil
}

// compile makes one static binary, the same for the same sources wherever and whenever it is built.
func (s settings) compile(ctx context.Context, program, platform, binary string) error {
	system, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return fmt.Errorf("a platform is like linux/amd64, not %q", platform)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X kept.dev/kit/app.version="+s.version, "-o", binary, program)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	return nil
}
