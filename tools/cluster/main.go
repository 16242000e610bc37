// Command cluster runs a real Kubernetes cluster on this machine, to try Kept on: a control plane, and two nodes that each have
// containerd, a kubelet, kube-proxy and what enforces NetworkPolicies, with Pods that really run. It lives in namespaces of its own
// (mount, pid, net, uts, ipc) that reach no network but their own; down ends them with all that is inside.
//
//	cluster up                  build what is not built yet, start, and return when it is ready
//	cluster load TAR...         give images (docker or OCI archives) to every node
//	cluster exec COMMAND...     run it where kubectl works and Pods' and Services' addresses are reached
//	cluster node stop|start|freeze|thaw NODE
//	                            power a node off and on; hang it without a word, and undo that
//	cluster logs                say where the logs are
//	cluster down                end it and remove what it kept
//
// All is kept below KEPT_K8S_CACHE (~/.cache/kept-k8s), which the first up fills with programs: they are built from their Go modules
// (some twenty minutes on two cores), those of containerd and nftables come from Debian's packages. Nothing is installed.
//
// Needed: root on a Debian (x86-64) with cgroups v1 and nftables in its kernel, go, ip, nsenter.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"kept.dev/tools/cluster/policy/agent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("say up, down, load TAR..., exec COMMAND..., node stop|start|freeze|thaw NODE, or logs")

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	c, err := newCluster()
	if err != nil {
		return err
	}
	switch name, rest := args[0], args[1:]; {
	case name == "up" && len(rest) == 0:
		return c.up(ctx)
	case name == "down" && len(rest) == 0:
		return c.down()
	case name == "logs" && len(rest) == 0:
		_, err := fmt.Println(c.logs())
		return err
	case name == "exec" && len(rest) > 0:
		return c.exec(rest)
	case name == "load" && len(rest) > 0:
		return c.load(ctx, rest)
	case name == "node" && len(rest) == 2:
		return c.ask(ctx, "/node", "do", rest[0], "name", rest[1])
	}
	return c.inside(ctx, args)
}

// inside is what the program calls itself as, in the cluster's namespaces.
func (c *cluster) inside(ctx context.Context, args []string) error {
	switch name, rest := args[0], args[1:]; {
	case name == initCommand && len(rest) > 0:
		return runInit(rest)
	case name == hostCommand:
		return (&host{cluster: c}).run(ctx)
	case name == nodeCommand && len(rest) == 1:
		n, err := c.node(rest[0])
		if err != nil {
			return err
		}
		return (&nodeHost{node: n}).run(ctx)
	case name == policyCommand && len(rest) == 2:
		return agent.Run(ctx, rest[0], rest[1])
	}
	return errUsage
}
