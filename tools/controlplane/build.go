package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// programs builds what is not built yet and returns the folder: the programs, and the Gateway API's definitions in crds.
func programs(ctx context.Context) (bin string, err error) {
	cache := os.Getenv("KEPT_K8S_CACHE")
	if cache == "" {
		home, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(home, "kept-controlplane")
	}
	bin = filepath.Join(cache, strings.Join([]string{kubernetes, kwok, gatewayAPI}, "-"))
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", err
	}
	lock, err := os.Create(filepath.Join(cache, "lock"))
	if err != nil {
		return "", err
	}
	defer lock.Close() // which lets go of the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(bin, "done")); err == nil {
		return bin, nil
	}
	fmt.Fprintf(os.Stderr, "controlplane: building Kubernetes %s and kwok %s into %s\n", kubernetes, kwok, bin)
	if err := build(ctx, bin); err != nil {
		return "", err
	}
	return bin, os.WriteFile(filepath.Join(bin, "done"), nil, 0o644)
}

func build(ctx context.Context, bin string) error {
	module := filepath.Join(bin, "module")
	if err := os.MkdirAll(module, 0o755); err != nil {
		return err
	}
	source, err := download(ctx, module, "k8s.io/kubernetes@v"+kubernetes)
	if err != nil {
		return err
	}
	if err := writeModule(module, source); err != nil {
		return err
	}
	const version = "k8s.io/component-base/version"
	minor := strings.TrimPrefix(kubernetes, "1.")
	flags := fmt.Sprintf("-s -w -X %[1]s.gitVersion=v%[2]s -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=%[3]s",
		version, kubernetes, minor[:strings.IndexByte(minor, '.')])
	const commands = "k8s.io/kubernetes/cmd/"
	// not optimized, which is built a third faster; the tests ask little of it
	if err := goTool(ctx, module, "build", "-o", bin+"/", "-gcflags", "all=-N -l", "-ldflags", flags,
		commands+"kube-apiserver", commands+"kube-controller-manager", commands+"kube-scheduler"); err != nil {
		return err
	}
	// etcd of the version that Kubernetes itself is made with
	if err := goTool(ctx, module, "build", "-o", filepath.Join(bin, "etcd"), "-gcflags", "all=-N -l", "-ldflags", "-s -w", "go.etcd.io/etcd/server/v3"); err != nil {
		return err
	}
	if err := install(ctx, bin, "sigs.k8s.io/kwok/cmd/kwok@v"+kwok); err != nil {
		return err
	}
	gateway, err := download(ctx, module, "sigs.k8s.io/gateway-api@v"+gatewayAPI)
	if err != nil {
		return err
	}
	crds := filepath.Join(bin, "crds")
	return errors.Join(os.RemoveAll(crds), os.CopyFS(crds, os.DirFS(filepath.Join(gateway, "config/crd/standard"))))
}

var (
	staged  = regexp.MustCompile(`(?m)^\s*(k8s\.io/[a-z-]+) => \./staging`)
	toolset = regexp.MustCompile(`(?m)^(?:go|godebug) .*$`)
)

// writeModule writes a module that requires Kubernetes. Its published module replaces its parts with folders that it does not have:
// here they are replaced with the parts as they are published.
func writeModule(module, source string) error {
	text, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "module controlplane\n\n%s\n\nrequire k8s.io/kubernetes v%s\n\n", bytes.Join(toolset.FindAll(text, -1), []byte("\n")), kubernetes)
	for _, match := range staged.FindAllSubmatch(text, -1) {
		fmt.Fprintf(&out, "replace %s => %[1]s v0.%s\n", match[1], strings.TrimPrefix(kubernetes, "1."))
	}
	return os.WriteFile(filepath.Join(module, "go.mod"), out.Bytes(), 0o644)
}

// download gets a module and returns the folder that holds it.
func download(ctx context.Context, module, name string) (string, error) {
	cmd := command(ctx, module, "mod", "download", "-json", name)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w: %s", name, err, out)
	}
	var got struct{ Dir string }
	return got.Dir, errors.Join(json.Unmarshal(out, &got))
}

func goTool(ctx context.Context, module string, args ...string) error {
	cmd := command(ctx, module, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func install(ctx context.Context, bin, name string) error {
	cmd := command(ctx, bin, "install", "-gcflags", "all=-N -l", "-ldflags", "-s -w", name)
	cmd.Env = append(cmd.Env, "GOFLAGS=-trimpath", "GOBIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("install %s: %w: %s", name, err, out)
	}
	return nil
}

func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=-trimpath -mod=mod -buildvcs=false")
	return cmd
}
