package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Download gets a module, such as sigs.k8s.io/gateway-api@v1.6.3, and returns the folder that holds it.
func Download(ctx context.Context, module string) (string, error) {
	cmd := goTool(ctx, os.TempDir(), "mod", "download", "-json", module)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w: %s", module, err, out)
	}
	var got struct{ Dir string }
	return got.Dir, json.Unmarshal(out, &got)
}

// Go runs the go command in a folder that has a module of its own. What it builds is linked to nothing.
func Go(ctx context.Context, dir string, args ...string) error {
	if out, err := goTool(ctx, dir, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func goTool(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its compilers, which a killed one leaves behind
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=-trimpath -mod=mod -buildvcs=false")
	return cmd
}

// writeModule writes a module that requires Kubernetes. Its published module replaces its parts with folders that it does not have:
// here they are replaced with the parts as they are published.
func writeModule(ctx context.Context, dir string) error {
	source, err := Download(ctx, "k8s.io/kubernetes@v"+Version)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return err
	}
	toolset := regexp.MustCompile(`(?m)^(?:go|godebug) .*$`)
	staged := regexp.MustCompile(`(?m)^\s*(k8s\.io/[a-z-]+) => \./staging`)
	var out bytes.Buffer
	fmt.Fprintf(&out, "module kube\n\n%s\n\nrequire k8s.io/kubernetes v%s\n\n", bytes.Join(toolset.FindAll(text, -1), []byte("\n")), Version)
	for _, match := range staged.FindAllSubmatch(text, -1) {
		fmt.Fprintf(&out, "replace %s => %[1]s v0.%s\n", match[1], strings.TrimPrefix(Version, "1."))
	}
	return os.WriteFile(filepath.Join(dir, "go.mod"), out.Bytes(), 0o644)
}
