package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// startTime is how long the suite may take to be ready, stopTime to end.
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second
)

// suite is the command kept, as a process.
type suite struct {
	url, admin, log string
	cmd             *exec.Cmd
	done            chan struct{} // closed when it has ended
}

// free finds out whether an address can be had, and which port it is where any will do.
func free(address string) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("%s cannot be had; choose another address: make demo ARGS=--listen=127.0.0.1:8090 (%w)", address, err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// startSuite starts the suite as a sandbox and returns when it is ready.
func startSuite(ctx context.Context, cfg Config) (*suite, error) {
	s := &suite{url: "http://" + reachable(cfg.Listen), log: filepath.Join(cfg.Data, "kept.log"), done: make(chan struct{})}
	var grpc string
	for _, address := range []*string{&s.admin, &grpc} {
		var err error
		if *address, err = free("127.0.0.1:0"); err != nil {
			return nil, err
		}
	}
	s.cmd = exec.Command(cfg.Program, "serve", "--sandbox", "--data="+cfg.Data, "--listen="+cfg.Listen,
		"--admin-listen="+s.admin, "--grpc-listen="+grpc, "--public-url="+s.url)
	s.cmd.Env = plainEnvironment()
	// Ctrl-C is for the demo, which then stops the suite; if the demo is killed, the suite ends with it.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.run(); err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		_ = s.stop() // it is the first fault that counts
		return nil, err
	}
	return s, nil
}

// run starts the process.
func (s *suite) run() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting the suite: %w", err)
	}
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	return nil
}

// reachable is where a browser on this machine finds a server that listens on all its addresses.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}

// plainEnvironment is this process's without settings of the suite: a demo sends no mail to real servers.
func plainEnvironment() (plain []string) {
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "KEPT_") {
			plain = append(plain, setting)
		}
	}
	return plain
}

// await waits until the suite says that it is ready.
func (s *suite) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for !s.ready(ctx) {
		select {
		case <-s.done:
			return fmt.Errorf("the suite does not start: %s", s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("the suite is not ready: %w: %s", ctx.Err(), s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

func (s *suite) ready(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.admin+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// stop lets the suite drain and waits until it has ended.
func (s *suite) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails where it has ended
	select {
	case <-s.done:
	case <-time.After(stopTime):
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("the suite did not drain within %s", stopTime)
	}
	if !s.cmd.ProcessState.Success() {
		return fmt.Errorf("the suite ended badly, %s: %s", s.cmd.ProcessState, s.lastWords())
	}
	return nil
}

// lastWords are the end of what the suite has written.
func (s *suite) lastWords() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
