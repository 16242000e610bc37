package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is one real process, which can be killed and started again on the same addresses.
type Process struct {
	Name           string
	Address, Admin string
	program, log   string
	args, env      []string
	cmd            *exec.Cmd
	done           chan struct{}
}

func (p *Process) settings(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		p.args = append(p.args, "--"+pairs[i]+"="+pairs[i+1])
	}
}

// Start starts the process, with more environment if given. It is ready some time later.
func (p *Process) Start(env ...string) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = exec.Command(p.program, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append(append(os.Environ(), p.env...), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(p.cmd, p.done)
	return nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Await waits until the process is ready.
func (p *Process) Await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if p.Ready(ctx) {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s", p.Name, p.Log())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %s", p.Name, p.Log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Ready tells whether the process says that it is ready.
func (p *Process) Ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Admin+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// Kill ends the process as the kernel does when memory is short: at once.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// ErrKilledDraining is the error of a process that was killed while it drained, as one is that reaches its failpoint only then.
var ErrKilledDraining = errors.New("killed while it drained")

// Stop asks the process to drain and waits until it has ended. One that has not ended well is an error, unless it had ended
// before.
func (p *Process) Stop() error {
	if p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	select {
	case <-p.done:
		return nil
	default:
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.Kill()
		return fmt.Errorf("%s did not drain in 30 s", p.Name)
	}
	if killed(p.cmd) {
		return fmt.Errorf("%s: %w: %s", p.Name, ErrKilledDraining, p.Log())
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s drained badly, %s: %s", p.Name, p.cmd.ProcessState, p.Log())
	}
	return nil
}

// Log is the end of what the process has written.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
