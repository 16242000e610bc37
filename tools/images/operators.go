package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

//go:embed operators.json
var pins []byte

// operator is a program that a production cluster has besides us, for tests where no registry is reached.
type operator struct {
	Name    string
	Module  string // that it is built from; when empty, this repository
	Version string
	Package string
	Tags    string // of the build
}

// makeOperators writes an archive of each operator that is asked for.
func (s settings) makeOperators(ctx context.Context) error {
	var all []operator
	if err := json.Unmarshal(pins, &all); err != nil {
		return fmt.Errorf("operators.json: %w", err)
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	for _, name := range s.only {
		at := slices.IndexFunc(all, func(o operator) bool { return o.Name == name })
		if at < 0 {
			return fmt.Errorf("there is no operator %q", name)
		}
		if err := s.makeOperator(ctx, all[at]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%s  %s\n", s.archive(name), s.image(name))
	}
	return nil
}

func (s settings) makeOperator(ctx context.Context, o operator) error {
	room, err := os.MkdirTemp(s.out, ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(room)
	platform, binary := s.platforms[0], filepath.Join(room, o.Name)
	if err := s.compileOperator(ctx, o, room, platform, binary); err != nil {
		return err
	}
	image, err := s.assemble(o.Name, platform, binary)
	if err != nil {
		return err
	}
	return s.writeArchive(o.Name, map[string]v1.Image{platform: image})
}

// compileOperator builds it with the versions that its own module names. What is downloaded is compared with the checksum database.
func (s settings) compileOperator(ctx context.Context, o operator, room, platform, binary string) error {
	if o.Module == "" {
		return s.compile(ctx, o.Package, platform, binary)
	}
	text := fmt.Sprintf("module operators\n\ngo 1.26\n\nrequire %s %s\n", o.Module, o.Version)
	if err := os.WriteFile(filepath.Join(room, "go.mod"), []byte(text), 0o600); err != nil {
		return err
	}
	system, arch, _ := strings.Cut(platform, "/")
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-buildvcs=false", "-tags", o.Tags, "-ldflags", "-s -w", "-o", binary, o.Package)
	cmd.Dir = room
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOOS="+system, "GOARCH="+arch, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	return nil
}
