package main

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"kept.dev/tools/kube"
)

// controlPlane is a control plane that runs, in a folder that is thrown away with it.
type controlPlane struct {
	programs
	kube.Daemons
	kube.Kubectl
	dir     string
	api     string // address of the API server
	secrets *kube.Secrets
}

// programs is what it is made of.
type programs struct {
	bin  string // folder of Kubernetes' own
	kwok string
	crds string // folder of the Gateway API's definitions
}

// build builds what is not built yet.
func build(ctx context.Context) (p programs, err error) {
	cache, err := kube.OpenCache()
	if err != nil {
		return p, err
	}
	defer cache.Close()
	cache.Hasty = true
	if err := cache.FindKubectl(ctx); err != nil {
		return p, err
	}
	p.bin, err = cache.Kubernetes(ctx, kube.Etcd, "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	if err != nil {
		return p, err
	}
	if p.kwok, err = cache.Program(ctx, "sigs.k8s.io/kwok", kwok, "sigs.k8s.io/kwok/cmd/kwok"); err != nil {
		return p, err
	}
	gateway, err := kube.Download(ctx, "sigs.k8s.io/gateway-api@v"+gatewayAPI)
	p.crds = filepath.Join(gateway, "config", "crd", "standard")
	return p, err
}

func (p *controlPlane) file(name string) string { return filepath.Join(p.dir, name) }

// start starts everything and returns when nodes are ready and accounts are made.
func (p *controlPlane) start(ctx context.Context) error {
	addresses, err := free(3)
	if err != nil {
		return err
	}
	p.api = addresses[0]
	store, peers := "http://"+addresses[1], "http://"+addresses[2]
	if err := p.makeSecrets(); err != nil {
		return err
	}
	if err := p.Start(filepath.Join(p.bin, kube.Etcd), "--data-dir", p.file("etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", store, "--advertise-client-urls", store, "--listen-peer-urls", peers); err != nil {
		return err
	}
	if err := p.server(store); err != nil {
		return err
	}
	if err := p.Until(ctx, 2*time.Minute, "the API server", p.Try("get", "--raw", "/readyz")); err != nil {
		return err
	}
	return p.controllers(ctx)
}

func (p *controlPlane) makeSecrets() (err error) {
	if p.secrets, err = kube.NewSecrets(p.dir); err != nil {
		return err
	}
	return errors.Join(
		p.secrets.Certificate("api", x509.Certificate{
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)}, DNSNames: []string{"localhost", "kubernetes.default.svc"},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}),
		p.secrets.User(p.Config, p.api, "admin", "system:masters"))
}

func (p *controlPlane) server(store string) error {
	_, port, err := net.SplitHostPort(p.api)
	if err != nil {
		return err
	}
	return p.Start(filepath.Join(p.bin, "kube-apiserver"), "--etcd-servers", store, "--bind-address", "127.0.0.1", "--secure-port", port,
		"--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none", "--cert-dir", p.dir,
		"--tls-cert-file", p.file("api.crt"), "--tls-private-key-file", p.file("api.key"), "--token-auth-file", p.file("tokens.csv"),
		"--authorization-mode", "Node,RBAC", "--service-cluster-ip-range", "10.96.0.0/16",
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", p.file("accounts.key"),
		"--service-account-signing-key-file", p.file("accounts.key"))
}

// controllers starts what works on what the API server has, and puts nodes, volumes and the Gateway API into it.
func (p *controlPlane) controllers(ctx context.Context) error {
	common := []string{"--kubeconfig", p.Config, "--leader-elect=false", "--secure-port", "0"}
	err := errors.Join(
		p.Start(filepath.Join(p.bin, "kube-controller-manager"), append(common, "--root-ca-file", p.file("ca.crt"),
			"--service-account-private-key-file", p.file("accounts.key"),
			"--node-monitor-grace-period", "24h")...), // kwok's nodes say only now and then that they are well
		p.Start(filepath.Join(p.bin, "kube-scheduler"), common...),
		p.Start(p.kwok, "--kubeconfig", p.Config, "--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake"),
	)
	if err != nil {
		return err
	}
	if err := p.Apply(ctx, nodesAndVolumes(nodes)); err != nil {
		return err
	}
	if err := p.Run(ctx, "apply", "--server-side", "-f", p.crds); err != nil {
		return err
	}
	return errors.Join(
		p.Until(ctx, time.Minute, "the Gateway API", p.Try("wait", "--for=condition=Established", "--timeout=10s", "crd", "--all")),
		p.Until(ctx, time.Minute, "the nodes", p.Try("wait", "--for=condition=Ready", "--timeout=1s", "node", "--all")),
		p.Until(ctx, time.Minute, "the accounts", p.Try("-n", "default", "get", "serviceaccount", "default")),
	)
}

// free finds ports that nobody has now.
func free(n int) (addresses []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

func newControlPlane(p programs) (*controlPlane, error) {
	dir, err := os.MkdirTemp("", "controlplane-")
	config := filepath.Join(dir, "kubeconfig")
	return &controlPlane{programs: p, Daemons: kube.Daemons{Logs: dir}, Kubectl: kube.Kubectl{Config: config}, dir: dir}, err
}
