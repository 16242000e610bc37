// Command controlplane runs a command against a real Kubernetes control plane on this machine: etcd, API server, controller
// manager and scheduler, with kwok simulating the nodes, so that Pods are scheduled and said to run though no container does.
//
//	controlplane COMMAND...    with KUBECONFIG set for it; all ends with the command
//
// The programs are built once from their Go modules, into KEPT_K8S_CACHE (~/.cache/kept-k8s), which takes some minutes.
// Needed: go. Everything listens on 127.0.0.1.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// What is built besides Kubernetes.
const (
	kwok       = "0.7.0"
	gatewayAPI = "1.6.3" // its definitions, of the standard channel
)

// nodes is how many there are, each in a zone of its own.
const nodes = 3

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) error {
	if len(command) == 0 {
		return errors.New("say which command to run")
	}
	programs, err := build(ctx)
	if err != nil {
		return err
	}
	p, err := newControlPlane(programs)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	defer p.Stop()
	if err := p.start(ctx); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "KUBECONFIG="+p.Config, "KUBECACHEDIR="+p.file("kubectl"))
	return cmd.Run()
}
