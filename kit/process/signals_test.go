package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/process"
)

// actAsSignalled makes this test binary, when asked by the environment, a process that tells when it is stopped; it
// then ends well, or never.
func actAsSignalled(_ *testing.M) {
	mode, ok := os.LookupEnv("PROCESS_TEST_STOP")
	if !ok {
		return
	}
	ctx, stop := process.Signals(context.Background())
	defer stop()
	err := process.Run(ctx, quiet, time.Hour, process.Part{
		Name:  "part",
		Start: func(context.Context) error { fmt.Println("started"); return nil },
		Stop: func(ctx context.Context) error {
			fmt.Println("stopping")
			if mode == "never" {
				<-ctx.Done()
			}
			return nil
		},
	})
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func startSignalled(t *testing.T, mode string) (*exec.Cmd, *bufio.Scanner) {
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "PROCESS_TEST_STOP="+mode)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	requireLine(t, lines, "started")
	return child, lines
}

func requireLine(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	require.True(t, lines.Scan())
	require.Equal(t, want, lines.Text())
}

func TestSignalDrains(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		child, lines := startSignalled(t, "well")
		require.NoError(t, child.Process.Signal(signal))
		requireLine(t, lines, "stopping")
		require.NoError(t, child.Wait())
	}
}

func TestSecondSignalKills(t *testing.T) {
	child, lines := startSignalled(t, "never")
	require.NoError(t, child.Process.Signal(syscall.SIGTERM))
	requireLine(t, lines, "stopping")
	// The first signal may still be being handled: a second one at the same moment is the same one.
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	var err error
	require.Eventually(t, func() bool {
		_ = child.Process.Signal(syscall.SIGTERM)
		select {
		case err = <-ended:
			return true
		default:
			return false
		}
	}, 10*time.Second, 10*time.Millisecond)
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit))
	require.Equal(t, syscall.SIGTERM, exit.Sys().(syscall.WaitStatus).Signal())
}
