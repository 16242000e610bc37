package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// network does what ip is told, line by line.
func network(ctx context.Context, lines ...string) error {
	cmd := exec.CommandContext(ctx, "ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w: %s: %q", err, out, lines)
	}
	return nil
}

// forward lets packets through that are for others, whichever way they come.
func forward() error {
	for name, value := range map[string]string{"ip_forward": "1", "conf/all/rp_filter": "0", "conf/default/rp_filter": "0"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// attach gives the node, whose first process is the one given, a link to the bridge.
func (n node) attach(ctx context.Context, pid int) error {
	_ = network(ctx, "link delete "+n.link()) // the last one goes some time after the node did, if there was one
	return network(ctx,
		fmt.Sprintf("link add %s type veth peer name eth0 netns %d", n.link(), pid),
		"link set "+n.link()+" master "+bridge+" up")
}

// connect makes the node's own side: ways to the host, to the other nodes' Pods, and none to those of its Pods that are no more, of
// which callers are told at once.
func (n node) connect(ctx context.Context) error {
	lines := []string{
		"link set lo up", "link set eth0 up", "address add " + n.ip() + "/24 dev eth0",
		"route add default via " + hostIP, "route add unreachable " + n.pods(),
	}
	for _, other := range n.nodes() {
		if other.number != n.number {
			lines = append(lines, "route add "+other.pods()+" via "+other.ip())
		}
	}
	return network(ctx, lines...)
}
