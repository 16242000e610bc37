package demo_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/demo"
)

// start tries to show the demo with a program that ends at once.
func start(t *testing.T, listen, dir string) error {
	t.Helper()
	return demo.Run(t.Context(), demo.Config{Program: "/bin/false", Data: dir, Listen: listen, Out: io.Discard})
}

func TestAnAddressThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	dir := filepath.Join(t.TempDir(), "demo")
	err = start(t, taken.Addr().String(), dir)
	require.ErrorContains(t, err, taken.Addr().String()+" cannot be had; choose another address: make demo ARGS=--listen=")
	require.NoDirExists(t, dir)
}

func TestASuiteThatDoesNotStart(t *testing.T) {
	require.ErrorContains(t, start(t, "127.0.0.1:0", filepath.Join(t.TempDir(), "demo")), "the suite does not start")
}

// Only what a demo has left is removed, and only once that demo has ended.
func TestWhatIsInTheFolder(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "order.db")
	require.NoError(t, os.WriteFile(precious, []byte("orders"), 0o600))
	require.ErrorContains(t, start(t, "127.0.0.1:0", dir), "not a demo's; choose another folder with --data")
	require.FileExists(t, precious)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "made-by-the-demo"), nil, 0o600))
	lock, err := os.Create(filepath.Join(dir, "lock"))
	require.NoError(t, err)
	defer lock.Close()
	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	require.ErrorContains(t, start(t, "127.0.0.1:0", dir), "another demo runs on "+dir)
	require.FileExists(t, precious)

	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_UN))
	require.ErrorContains(t, start(t, "127.0.0.1:0", dir), "the suite does not start")
	require.NoFileExists(t, precious)
	require.FileExists(t, filepath.Join(dir, "made-by-the-demo"))
}
