package main

import (
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// call is a call of the command, with how it has to end.
type call struct {
	args   []string
	status int
	says   []string
}

func calls(t *testing.T, real string, taken string) map[string]call {
	token := []string{"token", "--data", t.TempDir(), "--role"}
	return map[string]call{
		"no word but --help": {[]string{"--help"}, 0, []string{"  serve ", "  republish "}},
		"help":               {[]string{"help"}, 0, []string{"  serve "}},
		"help of a command":  {[]string{"help", "token"}, 0, []string{"--subject"}},
		"help after it":      {[]string{"token", "help"}, 0, []string{"--subject"}},
		"version":            {[]string{"version"}, 0, []string{"kept "}},
		"no such command":    {[]string{"sevre"}, 2, []string{`no command "sevre"`, "  serve "}},
		"no such flag":       {[]string{"serve", "--lisen=:1"}, 2, []string{"--listen", "kept serve --help"}},
		"no such role":       {append(token, "king", "--subject", "kings/one"), 1, []string{`no role "king"`, "manager"}},
		"another's subject":  {append(token, "agent", "--subject", "anna"), 1, []string{"--subject", "agents/anna"}},
		"a wrong address":    {[]string{"serve", "--data", t.TempDir(), "--public-url", "shop"}, 2, []string{"--public-url", "https://"}},
		"a taken port": {[]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
			"--grpc-listen", taken}, 1, []string{"another process listens on " + taken, "--grpc-listen"}},
		"a sandbox on real data": {[]string{"serve", "--sandbox", "--data", real}, 1, []string{"leave out --sandbox", "--data"}},
	}
}

func TestCommandLine(t *testing.T) {
	program := filepath.Join(t.TempDir(), "kept")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	taken := listener.Addr().String()
	real := t.TempDir() // where a suite has run that found its port taken
	_ = exec.CommandContext(t.Context(), program, "serve", "--data", real, "--admin-listen", taken).Run()
	for name, c := range calls(t, real, taken) {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), program, c.args...).CombinedOutput()
			status := 0
			if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
				status = ended.ExitCode()
			}
			require.Equal(t, c.status, status, "%s", out)
			for _, words := range c.says {
				require.Contains(t, string(out), words)
			}
		})
	}
}
