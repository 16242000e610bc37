package localserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is a running Redis.
type Redis struct {
	Dir  string // holds data and log
	Port int
	args []string
	cmd  *exec.Cmd
	done chan struct{}
}

// StartRedis makes a data folder below dir and starts a server on it. The arguments are redis-server's own, such as
// "--maxmemory", "64mb"; they go after those of this package and win.
func StartRedis(ctx context.Context, dir string, args ...string) (*Redis, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, errors.New("redis-server is not installed (apt-get install redis-server)")
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	s := &Redis{Dir: filepath.Join(dir, "redis"), Port: port, args: args}
	return s, s.Restart(ctx)
}

// Restart starts the server, on the same port and data, and waits until it answers.
func (s *Redis) Restart(ctx context.Context) error {
	if err := os.MkdirAll(s.data(), 0o700); err != nil {
		return err
	}
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{
		"--port", strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--dir", s.data(),
		"--save", "", "--appendonly", "yes", "--daemonize", "no",
	}
	cmd := exec.Command("redis-server", append(args, s.args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a test's Ctrl-C is not for it
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start redis-server: %w", err)
	}
	s.cmd, s.done = cmd, make(chan struct{})
	go func(done chan struct{}) { _ = cmd.Wait(); close(done) }(s.done)
	return s.await(ctx)
}

func (s *Redis) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	client := s.Client()
	defer client.Close()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			text, _ := os.ReadFile(s.log())
			return fmt.Errorf("redis-server ended: %s", text)
		case <-ctx.Done():
			s.Stop(true)
			return fmt.Errorf("redis-server does not answer: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Addr is its host and port.
func (s *Redis) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// URL is its address, for redis.ParseURL.
func (s *Redis) URL() string { return "redis://" + s.Addr() + "/0" }

// Client asks this server alone, once.
func (s *Redis) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DisableIdentity: true})
}

// PID is the server's process.
func (s *Redis) PID() int { return s.cmd.Process.Pid }

// Stop ends the server, by SIGKILL where crash is set, and waits until it is gone. Its data stay.
func (s *Redis) Stop(crash bool) {
	sig := syscall.SIGTERM
	if crash {
		sig = syscall.SIGKILL
	}
	_ = s.cmd.Process.Signal(sig) // it may have ended already
	<-s.done
}

// Wipe removes the data of a server that is stopped, as a lost disk would.
func (s *Redis) Wipe() error { return os.RemoveAll(s.data()) }

func (s *Redis) data() string { return filepath.Join(s.Dir, "data") }
func (s *Redis) log() string  { return filepath.Join(s.Dir, "log") }
