package cluster

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

var programs = []string{
	"./services/customer/cmd/customer", "./services/order/cmd/order", "./services/loyalty/cmd/loyalty",
	"./services/notification/cmd/notification", "./services/support/cmd/support", "./gateway/cmd/gateway", "./suite/cmd/kept",
}

// Build builds the suite's programs into the folder, with the given build tags.
func Build(ctx context.Context, bin string, tags ...string) error {
	work, err := exec.CommandContext(ctx, "go", "env", "GOWORK").Output()
	if err != nil {
		return err
	}
	args := append([]string{"build", "-tags", strings.Join(tags, ","), "-o", bin + "/"}, programs...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(work)))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	return nil
}
