package endurance_test

import (
	"errors"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
)

// kept runs the command to its end, and returns its status and all that it wrote.
func kept(t *testing.T, args ...string) (status int, out string) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), filepath.Join(bin, "kept"), args...).CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode(), string(text)
	}
	require.NoError(t, err)
	return 0, string(text)
}

// nowhere are addresses that any process can have.
var nowhere = []string{"--listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}

func TestASecondProcessOnTheSameDataIsRefused(t *testing.T) {
	e, dir := startEmbedded(t)
	status, out := kept(t, append([]string{"serve", "--data", dir}, nowhere...)...)
	require.Equal(t, 1, status, out)
	require.Contains(t, out, dir+" is in use by another process")
	require.NotContains(t, out, "goroutine")
	require.NoError(t, runStory(t, e.Environment()), "the first one is not disturbed")
}

func TestWhatIsWrongWithACommandIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"unknown command":  {[]string{"dance"}, 2, `no command "dance"`},
		"unknown flag":     {[]string{"serve", "--dance"}, 2, "--dance"},
		"flag of no sense": {[]string{"serve", "--drain=soon"}, 2, "drain"},
		"bad address":      {[]string{"serve", "--data", dir, "--listen=here", "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, 1, "rest"},
		"REST port in use": {[]string{"serve", "--data", dir, "--listen", taken.Addr().String(), "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, 1, "choose another address with --listen"},
		"gRPC port in use": {[]string{"serve", "--data", dir, "--grpc-listen", taken.Addr().String(), "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, 1, "choose another address with --grpc-listen"},
		"data is a file":   {append([]string{"serve", "--data", filepath.Join(bin, "kept")}, nowhere...), 1, filepath.Join(bin, "kept")},
		"bad OIDC issuer":  {append([]string{"serve", "--data", dir, "--oidc=example"}, nowhere...), 1, "URL=audience"},
		"token for nobody": {[]string{"token", "--data", dir}, 2, "--role"},
		"unknown role":     {[]string{"token", "--data", dir, "--role=king", "--subject=kings/1"}, 1, `no role "king"`},
		"no such suite":    {[]string{"token", "--data", filepath.Join(dir, "none"), "--role=agent", "--subject=agents/anna"}, 1, "there is no suite in "},
	} {
		t.Run(name, func(t *testing.T) {
			status, out := kept(t, c.args...)
			require.Equal(t, c.status, status, out)
			require.Contains(t, out, c.says)
			require.NotContains(t, out, "goroutine", "a stack is no message")
		})
	}
	require.NoDirExists(t, filepath.Join(dir, "none"))
}

// TestAStartThatFailsLeavesNothingBehind: the folder is free again, and what was written works.
func TestAStartThatFailsLeavesNothingBehind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	dir := t.TempDir()
	status, out := kept(t, "serve", "--data", dir, "--sandbox", "--listen", taken.Addr().String(),
		"--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0")
	require.Equal(t, 1, status, out)
	e, err := cluster.StartEmbedded(t.Context(), dir, bin, true, sink.Env())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Stop()) })
	require.NoError(t, runStory(t, e.Environment()))
}

func TestATokenOpensWhatItsRoleMayOpen(t *testing.T) {
	e, dir := startEmbedded(t)
	token := func(role, subject string) client {
		status, out := kept(t, "token", "--data", dir, "--role", role, "--subject", subject)
		require.Zero(t, status, out)
		return client{"http://" + e.Process.Address, strings.TrimSpace(out), http.DefaultClient}
	}
	for _, c := range []struct {
		who    client
		status int
	}{
		{token("manager", "managers/maria"), http.StatusOK},
		{token("guest", "guests/1"), http.StatusForbidden},
		{client{"http://" + e.Process.Address, "nonsense", http.DefaultClient}, http.StatusUnauthorized},
	} {
		r, err := c.who.get(t.Context(), "/v1/promises")
		require.NoError(t, err)
		require.Equal(t, c.status, r.status, r.body)
	}
}
