package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// machine is a node that is switched on.
type machine struct {
	node
	cmd  *exec.Cmd
	done chan struct{}
}

func (m *machine) hasEnded() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// power does to a node what is asked.
func (h *host) power(ctx context.Context, do, name string) error {
	n, err := h.node(name)
	if err != nil {
		return err
	}
	switch do {
	case "start":
		return h.switchOn(ctx, n)
	case "stop":
		return h.switchOff(n)
	case "freeze":
		return n.freeze("FROZEN")
	case "thaw":
		return n.freeze("THAWED")
	}
	return fmt.Errorf("a node can't be told to %q", do)
}

// switchOn switches a node on. It is ready some time later.
func (h *host) switchOn(ctx context.Context, n node) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.on[n.number]; m != nil && !m.hasEnded() {
		return fmt.Errorf("%s is on", n.name())
	}
	if err := errors.Join(os.MkdirAll(n.logs(), 0o700), n.makeGroups()); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(n.logs(), "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd, err := isolated(nodeCommand, n.name())
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	m := &machine{n, cmd, make(chan struct{})}
	go func() { _ = cmd.Wait(); close(m.done) }()
	h.on[n.number] = m
	return n.attach(ctx, cmd.Process.Pid)
}

// switchOff switches a node off, as a power cut does.
func (h *host) switchOff(n node) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.on[n.number]
	if m == nil || m.hasEnded() {
		return fmt.Errorf("%s is not on", n.name())
	}
	if err := errors.Join(n.freeze("THAWED"), m.cmd.Process.Kill()); err != nil {
		return err
	}
	<-m.done
	return removeGroups(n.group()) // the kubelet takes seconds for each that it finds
}

// loadAll gives the archives to all nodes at the same time.
func (h *host) loadAll(ctx context.Context, archives []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	faults := make(chan error, len(h.on))
	for _, m := range h.on {
		go func() { faults <- m.load(ctx, archives) }()
	}
	var err error
	for range h.on {
		err = errors.Join(err, <-faults)
	}
	return err
}

func (m *machine) load(ctx context.Context, archives []string) error {
	for _, archive := range archives {
		args := enter(strconv.Itoa(m.cmd.Process.Pid), "/", "ctr", "--namespace", "k8s.io", "images", "import", archive)
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %s: %w: %s", m.name(), archive, err, out)
		}
	}
	return nil
}
