package kube

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Kubectl is the command, as the user of a file.
type Kubectl struct{ Config string }

// FindKubectl builds the command where there is none, and lets this process and those that it starts find it.
func (c *Cache) FindKubectl(ctx context.Context) error {
	if _, err := exec.LookPath("kubectl"); err == nil {
		return nil
	}
	dir, err := c.Kubernetes(ctx, "kubectl")
	if err != nil {
		return err
	}
	return os.Setenv("PATH", os.Getenv("PATH")+":"+dir)
}

// Run runs it. What it prints is in the error.
func (k Kubectl) Run(ctx context.Context, args ...string) error { return k.run(ctx, "", args...) }

// Apply gives objects to the API server.
func (k Kubectl) Apply(ctx context.Context, objects string) error {
	return k.run(ctx, objects, "apply", "--server-side", "-f", "-")
}

// Try is what Daemons.Until tries.
func (k Kubectl) Try(args ...string) func(context.Context) error {
	return func(ctx context.Context) error { return k.Run(ctx, args...) }
}

func (k Kubectl) run(ctx context.Context, input string, args ...string) error {
	cmd := exec.CommandContext(ctx, "kubectl", append([]string{"--kubeconfig", k.Config}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
