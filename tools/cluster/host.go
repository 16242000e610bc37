package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"kept.dev/tools/kube"
)

// host is the machine in the cluster's namespaces that the nodes stand on. It runs the control plane.
type host struct {
	*cluster
	kube.Daemons
	secrets *kube.Secrets
	mu      sync.Mutex
	on      map[int]*machine // nodes that are switched on
}

// run starts everything, says when it is ready, and then does what it is asked to until it is killed.
func (h *host) run(ctx context.Context) error {
	h.on = map[int]*machine{}
	h.Logs = h.cluster.logs()
	if err := h.useDebian(); err != nil {
		return err
	}
	if err := h.settle(ctx); err != nil {
		return err
	}
	if err := h.makeSecrets(); err != nil {
		return err
	}
	if err := h.controlPlane(ctx); err != nil {
		return err
	}
	for _, n := range h.nodes() {
		if err := h.switchOn(ctx, n); err != nil {
			return err
		}
	}
	if err := h.prepare(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(h.ready(), nil, 0o600); err != nil {
		return err
	}
	return h.serve()
}

// settle makes the host's network and the nodes' control groups.
func (h *host) settle(ctx context.Context) error {
	if err := syscall.Sethostname([]byte("host")); err != nil {
		return err
	}
	if err := forward(); err != nil {
		return err
	}
	lines := []string{
		"link set lo up", "link add " + bridge + " type bridge", "address add " + hostIP + "/24 dev " + bridge,
		"link set " + bridge + " up",
		"route add " + serviceIPs + " dev " + bridge, // any route will do: kube-proxy changes the address on the way
	}
	for _, n := range h.nodes() {
		lines = append(lines, "route add "+n.pods()+" via "+n.ip())
		if err := n.makeGroups(); err != nil {
			return err
		}
	}
	return network(ctx, lines...)
}

// prepare waits for the nodes, and puts into the cluster what Pods expect: names, volumes, and how busy they are.
func (h *host) prepare(ctx context.Context) error {
	for _, n := range h.nodes() {
		if err := h.Until(ctx, 2*time.Minute, n.name(), h.Try("wait", "--for=condition=Ready", "--timeout=1s", "node/"+n.name())); err != nil {
			return errors.Join(err, h.ended())
		}
	}
	if err := h.proxy(&h.Daemons, "node-1", hostIP); err != nil { // under a name that is known: it waits long for others
		return err
	}
	text, err := manifests()
	if err != nil {
		return err
	}
	if err := h.Apply(ctx, text); err != nil {
		return err
	}
	return errors.Join(
		h.Until(ctx, time.Minute, "the accounts", h.Try("-n", "default", "get", "serviceaccount", "default")),
		h.Until(ctx, 2*time.Minute, "coredns", h.Try("-n", "kube-system", "rollout", "status", "--timeout=1s", "deployment/coredns")),
		h.Until(ctx, 2*time.Minute, "the metrics", h.Try("top", "node")),
	)
}

// ended says why nodes that should be on are not.
func (h *host) ended() (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.on {
		if m.hasEnded() {
			err = errors.Join(err, fmt.Errorf("%s: %s", m.name(), kube.Tail(filepath.Join(m.logs(), "node.log"))))
		}
	}
	return err
}
