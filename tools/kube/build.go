package kube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Etcd is what Kubernetes keeps its state in, of the version that it is made with itself.
const Etcd = "etcd"

// Kubernetes builds the programs that are not there yet and returns the folder that has them all.
func (c *Cache) Kubernetes(ctx context.Context, programs ...string) (string, error) {
	dir, err := c.Folder("kubernetes-" + Version)
	if err != nil {
		return "", err
	}
	missing := absent(dir, programs)
	if len(missing) > 0 && c.Hasty {
		if dir, err = c.Folder("hasty-kubernetes-" + Version); err != nil {
			return "", err
		}
		missing = absent(dir, programs)
	}
	if len(missing) == 0 {
		return dir, nil
	}
	if err := writeModule(ctx, dir); err != nil {
		return "", err
	}
	var packages []string
	for _, name := range missing {
		if name == Etcd {
			err = c.build(ctx, dir, Etcd, "-s -w", "go.etcd.io/etcd/server/v3")
		} else {
			packages = append(packages, "k8s.io/kubernetes/cmd/"+name)
		}
	}
	if err == nil && len(packages) > 0 {
		err = c.build(ctx, dir, "", stamp(), packages...)
	}
	return dir, err
}

// absent are the programs that are not in the folder.
func absent(dir string, programs []string) []string {
	return slices.DeleteFunc(slices.Clone(programs), func(name string) bool { return Exists(filepath.Join(dir, name)) })
}

// stamp makes the programs say which release they are, which they compare with each other.
func stamp() string {
	minor, _, _ := strings.Cut(strings.TrimPrefix(Version, "1."), ".")
	return fmt.Sprintf("-s -w -X %[1]s.gitVersion=v%[2]s -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=%[3]s",
		"k8s.io/component-base/version", Version, minor)
}

// Program builds a program of another module, such as kwok's, and returns its file.
func (c *Cache) Program(ctx context.Context, module, version, pkg string) (string, error) {
	dir, err := c.Folder(path.Base(pkg) + "-" + version)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, path.Base(pkg))
	if Exists(file) {
		return file, nil
	}
	text := fmt.Sprintf("module program\n\ngo 1.26\n\nrequire %s v%s\n", module, version)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644); err != nil {
		return "", err
	}
	return file, c.build(ctx, dir, path.Base(pkg), "-s -w", pkg)
}

// build builds packages into the folder that has their module, one of them under a name or all under their own. They are moved there
// when they are complete, so that what is there is.
func (c *Cache) build(ctx context.Context, dir, name, ldflags string, packages ...string) (err error) {
	fmt.Fprintln(os.Stderr, "building", strings.Join(packages, " "))
	made, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(made)) }()
	args := []string{"build", "-o", made + "/" + name, "-ldflags", ldflags}
	if c.Hasty {
		args = append(args, "-gcflags", "all=-N -l")
	}
	if err := Go(ctx, dir, append(args, packages...)...); err != nil {
		return err
	}
	files, err := os.ReadDir(made)
	for _, file := range files {
		err = errors.Join(err, os.Rename(filepath.Join(made, file.Name()), filepath.Join(dir, file.Name())))
	}
	return err
}
