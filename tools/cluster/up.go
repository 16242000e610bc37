package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kept.dev/tools/kube"
)

// up builds and starts the cluster. What has been started ends where it does not become ready, or the context ends.
func (c *cluster) up(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	cache, err := kube.OpenCache()
	if err != nil {
		return err
	}
	defer cache.Close()
	if err := build(ctx, cache); err != nil {
		return err
	}
	if kube.Exists(c.ready()) && c.pid() != "" {
		return nil
	}
	if err := c.end(); err != nil {
		return err
	}
	started := time.Now()
	if err := c.launch(ctx); err != nil {
		return errors.Join(err, c.keepLogs(), c.end())
	}
	fmt.Fprintf(os.Stderr, "the cluster is up after %s\n", time.Since(started).Round(time.Second))
	return nil
}

func (c *cluster) check() error {
	if os.Getuid() != 0 {
		return errors.New("must be root")
	}
	if _, err := hierarchies(); err != nil {
		return err
	}
	for _, program := range []string{"go", "ip", "nsenter", "apt-get", "dpkg"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	return nil
}

// launch starts the host, which outlives this process, and waits until it says that all is ready.
func (c *cluster) launch(ctx context.Context) error {
	if err := os.MkdirAll(c.logs(), 0o700); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(c.logs(), "host.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd, err := isolated(hostCommand)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(c.file("pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return errors.Join(err, cmd.Process.Kill())
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for !kube.Exists(c.ready()) {
		select {
		case <-done:
			return errors.New(kube.Tail(log.Name()))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// keepLogs keeps them from being removed with the rest.
func (c *cluster) keepLogs() error {
	kept := filepath.Join(c.cache, "failed")
	if err := errors.Join(os.RemoveAll(kept), os.CopyFS(kept, os.DirFS(c.logs()))); err != nil {
		return err
	}
	return fmt.Errorf("the logs are in %s", kept)
}

// down ends the cluster.
func (c *cluster) down() error {
	cache, err := kube.OpenCache()
	if err != nil {
		return err
	}
	defer cache.Close()
	return c.end()
}

// end kills the first process, and the kernel all others in its namespace; then it removes what they had.
func (c *cluster) end() error {
	for _, n := range c.nodes() {
		_ = n.freeze("THAWED") // the frozen do not die; there may be no such group
	}
	if pid := c.pid(); pid != "" {
		number, err := strconv.Atoi(pid)
		if err != nil {
			return err
		}
		if err := syscall.Kill(number, syscall.SIGKILL); err != nil {
			return err
		}
	}
	err := removeGroups(c.group())
	for range 100 { // what is mounted there goes with the last process
		if fault := os.RemoveAll(c.file()); fault == nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.Join(err, os.RemoveAll(c.file()))
}

// pid is the first process of the cluster, or nothing where it is not there any more.
func (c *cluster) pid() string {
	text, err := os.ReadFile(c.file("pid"))
	if err != nil {
		return ""
	}
	pid := string(text)
	line, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	if err != nil || !strings.Contains(string(line), "\x00"+initCommand+"\x00"+hostCommand) {
		return "" // the number has gone to another
	}
	return pid
}

// exec becomes the command, among the cluster's processes.
func (c *cluster) exec(args []string) error {
	pid := c.pid()
	if pid == "" {
		return errDown
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		return err
	}
	env := append(os.Environ(), "KEPT_K8S_CACHE="+c.cache, "KUBECONFIG="+c.Config, "KUBECACHEDIR="+c.file("kubectl"),
		"PATH="+os.Getenv("PATH")+":"+c.program("")) // which may have a kubectl
	return syscall.Exec(nsenter, enter(pid, dir, args...), env)
}

var errDown = errors.New("the cluster is not up")
