package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kept.dev/tools/kube"
)

// What is built besides Kubernetes.
const (
	coredns       = "1.14.7"
	metricsServer = "0.9.0"
)

// build makes what is not there yet.
func build(ctx context.Context, cache *kube.Cache) error {
	if err := errors.Join(getDebian(ctx, cache), cache.FindKubectl(ctx)); err != nil {
		return err
	}
	_, err := cache.Kubernetes(ctx, kube.Etcd, "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
	if err != nil {
		return err
	}
	const module = "sigs.k8s.io/metrics-server"
	if _, err := cache.Program(ctx, module, metricsServer, module+"/cmd/metrics-server"); err != nil {
		return err
	}
	return makeImages(ctx, cache)
}

// buildCoreDNS builds it with no plugins but those that the cluster's settings name.
func buildCoreDNS(ctx context.Context, dir string) (program string, err error) {
	main := "package main\n\nimport (\n\t\"github.com/coredns/coredns/coremain\"\n"
	for plugin := range strings.FieldsSeq("cache errors health kubernetes loadbalance ready template") {
		main += fmt.Sprintf("\t_ \"github.com/coredns/coredns/plugin/%s\"\n", plugin)
	}
	main += ")\n\nfunc main() { coremain.Run() }\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(main), 0o644); err != nil {
		return "", err
	}
	module := "module coredns\n\ngo 1.26\n\nrequire github.com/coredns/coredns v" + coredns + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module), 0o644); err != nil {
		return "", err
	}
	fmt.Fprintln(os.Stderr, "building coredns")
	program = filepath.Join(dir, "coredns")
	return program, kube.Go(ctx, dir, "build", "-o", program, "-ldflags", "-s -w", ".")
}
