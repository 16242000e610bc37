package endurance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGRPCPage does what docs/grpc.md says: its commands with grpcurl, and its program as a module of its own that knows nothing but
// kept.dev/proto.
func TestGRPCPage(t *testing.T) {
	e, dir := startEmbedded(t)
	owner, err := os.ReadFile(filepath.Join(dir, "admin-token"))
	require.NoError(t, err)
	tools := t.TempDir()
	env := append(os.Environ(), "KEPT_GRPC="+e.GRPC, "TOKEN="+string(owner), "GOWORK=off", "GOBIN="+tools, "PATH="+tools+":"+os.Getenv("PATH"))
	run := func(in, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = in, env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s %v\n%s", name, args, out)
		return string(out)
	}
	blocks := map[string]string{}
	for _, b := range blocksOf(t, "docs/grpc.md") {
		blocks[b.kind] += b.text
	}

	printed := run(t.TempDir(), "bash", "-ec", blocks["sh"])
	for _, says := range []string{"kept.customer.v1.CustomerService.CreateCustomer", `"displayName": "Olena"`, `"name": "promiseKinds/delivery"`} {
		require.Contains(t, printed, says)
	}

	module := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(module, "main.go"), []byte(blocks["go"]), 0o600))
	run(module, "go", "mod", "init", "example")
	run(module, "go", "mod", "edit", "-require", "kept.dev/proto@v0.0.0", "-replace", "kept.dev/proto="+filepath.Join(repository(t), "proto"))
	sums, err := os.ReadFile(filepath.Join(repository(t), "proto", "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.sum"), sums, 0o600))
	run(module, "go", "mod", "tidy")
	printed = run(module, "go", "run", ".")
	for _, says := range []string{" Olena\n", "InvalidArgument customer.display_name ", " promises stand\n"} {
		require.Contains(t, printed, says)
	}
}
