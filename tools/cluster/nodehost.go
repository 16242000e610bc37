package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/tools/kube"
)

// nodeHost is a node in namespaces of its own, within the host's.
type nodeHost struct {
	node
	kube.Daemons
}

// run starts what makes a node, and restarts nothing: when one of its programs ends, so does the node.
func (n *nodeHost) run(ctx context.Context) error {
	n.Logs = n.node.logs()
	if err := n.useDebian(); err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	if err := n.configure(); err != nil {
		return err
	}
	if err := n.runtime(ctx); err != nil {
		return err
	}
	if err := n.staff(); err != nil {
		return err
	}
	for {
		if err := n.Ended(); err != nil {
			return err
		}
		time.Sleep(time.Second)
	}
}

// settle makes the node's files, name and network its own. What is on disk outlives its being switched off; what is in memory does not.
func (n *nodeHost) settle(ctx context.Context) error {
	err := errors.Join(n.join(), syscall.Sethostname([]byte(n.name())), forward(),
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")) // which the kubelet needs to mount for Pods
	for _, dir := range []string{"/run", "/var/log", "/var/lib"} {
		err = errors.Join(err, syscall.Mount("tmpfs", dir, "tmpfs", 0, ""))
	}
	for _, dir := range []string{"kubelet", "containerd", "volumes"} {
		err = errors.Join(err, os.MkdirAll(n.disk(dir), 0o755), os.MkdirAll("/var/lib/"+dir, 0o755),
			syscall.Mount(n.disk(dir), "/var/lib/"+dir, "", syscall.MS_BIND, ""))
	}
	for i := range volumes {
		err = errors.Join(err, os.MkdirAll(fmt.Sprintf("/var/lib/volumes/%d", i), 0o777))
	}
	if err != nil {
		return err
	}
	link := func(context.Context) error { _, err := net.InterfaceByName("eth0"); return err }
	if err := n.Until(ctx, 10*time.Second, "the link", link); err != nil {
		return err
	}
	return n.connect(ctx)
}

// runtime starts containerd, and gives it the images that a node needs itself, once.
func (n *nodeHost) runtime(ctx context.Context) error {
	if err := n.Start(n.debian("usr/bin/containerd"), "--config", containerdFile); err != nil {
		return err
	}
	if err := n.Until(ctx, time.Minute, "containerd", answers); err != nil {
		return err
	}
	done := n.disk("loaded")
	if kube.Exists(done) {
		return nil
	}
	images, err := filepath.Glob(filepath.Join(n.cache, imageFolder(), "*.tar"))
	if err != nil {
		return err
	}
	for _, image := range images {
		if out, err := exec.CommandContext(ctx, "ctr", "--namespace", "k8s.io", "images", "import", image).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", image, err, out)
		}
	}
	return os.WriteFile(done, nil, 0o600)
}

// answers asks containerd what the kubelet asks first, which gives up where there is no answer: after a power cut, containerd listens
// some time before it knows its containers again.
func answers(ctx context.Context) error {
	conn, err := grpc.NewClient("unix://"+containerdSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Invoke(ctx, "/runtime.v1.RuntimeService/Status", &emptypb.Empty{}, &emptypb.Empty{})
}

// staff starts those that do what the API server says.
func (n *nodeHost) staff() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return errors.Join(
		n.Start(n.program("kubelet"), "--kubeconfig", n.config(), "--config", kubeletFile, "--hostname-override", n.name(), "--node-ip", n.ip(),
			"--node-labels", fmt.Sprintf("topology.kubernetes.io/region=here,topology.kubernetes.io/zone=zone-%d", n.number)),
		n.Start(self, policyCommand, n.Config, n.name()),
		n.proxy(&n.Daemons, n.name(), n.ip()))
}
