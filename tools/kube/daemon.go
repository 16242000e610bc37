package kube

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Daemons are programs that run until they are stopped, or until this process has ended, however that ends. Each has its log in Logs.
type Daemons struct {
	Logs    string
	running []*daemon
}

type daemon struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
}

// Start starts a program.
func (d *Daemons) Start(program string, args ...string) error {
	name := filepath.Base(program)
	log, err := os.OpenFile(d.log(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the program has it open
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	started := &daemon{name: name, cmd: cmd, done: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(started.done) }()
	d.running = append(d.running, started)
	return nil
}

// Stop ends all, the last first.
func (d *Daemons) Stop() {
	for _, one := range slices.Backward(d.running) {
		_ = one.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-one.done:
		case <-time.After(5 * time.Second):
			_ = one.cmd.Process.Kill()
			<-one.done
		}
	}
	d.running = nil
}

// Until tries again and again, until it succeeds, a daemon has ended, or time is up.
func (d *Daemons) Until(ctx context.Context, patience time.Duration, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not ready in %s", patience))
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ended := d.Ended(); ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w", what, context.Cause(ctx), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Ended says which of them has ended, and its last words.
func (d *Daemons) Ended() error {
	for _, one := range d.running {
		select {
		case <-one.done:
			return fmt.Errorf("%s ended: %s", one.name, Tail(d.log(one.name)))
		default:
		}
	}
	return nil
}

func (d *Daemons) log(name string) string { return filepath.Join(d.Logs, name+".log") }

// Tail is the end of a log.
func Tail(file string) string {
	text, _ := os.ReadFile(file)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
