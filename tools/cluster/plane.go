package main

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"path/filepath"
	"time"

	"kept.dev/tools/kube"
)

const frontProxy = "front-proxy" // what the API server is called where it calls for somebody else

func (h *host) makeSecrets() (err error) {
	if h.secrets, err = kube.NewSecrets(h.file("secrets")); err != nil {
		return err
	}
	client := x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	kubelets, front := client, client
	kubelets.Subject = pkix.Name{CommonName: "api", Organization: []string{"system:masters"}}
	front.Subject = pkix.Name{CommonName: frontProxy}
	err = errors.Join(
		h.secrets.Certificate("api", x509.Certificate{
			IPAddresses: []net.IP{net.ParseIP(hostIP), net.ParseIP(apiIP)}, DNSNames: []string{"kubernetes.default.svc"},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}),
		h.secrets.Certificate("kubelets", kubelets), h.secrets.Certificate("front", front),
		h.secrets.User(h.Config, api, "admin", "system:masters"))
	for _, n := range h.nodes() {
		err = errors.Join(err, h.secrets.User(n.config(), api, "system:node:"+n.name(), "system:nodes"))
	}
	return err
}

func (h *host) controlPlane(ctx context.Context) error {
	store, peers := "http://127.0.0.1:2379", "http://127.0.0.1:2380"
	if err := h.Start(h.program(kube.Etcd), "--data-dir", h.file("etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", store, "--advertise-client-urls", store, "--listen-peer-urls", peers); err != nil {
		return err
	}
	if err := h.apiServer(store); err != nil {
		return err
	}
	if err := h.Until(ctx, 2*time.Minute, "the API server", h.Try("get", "--raw", "/readyz")); err != nil {
		return err
	}
	return h.staff()
}

func (h *host) apiServer(store string) error {
	return h.Start(h.program("kube-apiserver"), "--etcd-servers", store, "--bind-address", hostIP, "--advertise-address", hostIP,
		"--cert-dir", h.secrets.Dir, "--tls-cert-file", h.secret("api.crt"), "--tls-private-key-file", h.secret("api.key"),
		"--token-auth-file", h.secret("tokens.csv"), "--authorization-mode", "Node,RBAC",
		"--enable-admission-plugins", "NodeRestriction", "--allow-privileged", "--service-cluster-ip-range", serviceIPs,
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", h.secret("accounts.key"),
		"--service-account-signing-key-file", h.secret("accounts.key"), "--kubelet-preferred-address-types", "InternalIP",
		"--kubelet-client-certificate", h.secret("kubelets.crt"), "--kubelet-client-key", h.secret("kubelets.key"),
		"--client-ca-file", h.secret("ca.crt"), "--requestheader-client-ca-file", h.secret("ca.crt"), "--requestheader-allowed-names", frontProxy,
		"--requestheader-username-headers", "X-Remote-User", "--requestheader-group-headers", "X-Remote-Group",
		"--requestheader-extra-headers-prefix", "X-Remote-Extra-",
		"--proxy-client-cert-file", h.secret("front.crt"), "--proxy-client-key-file", h.secret("front.key"))
}

// staff starts those that work on what the API server has. They notice and react sooner than they do by default, so that tests do not wait.
func (h *host) staff() error {
	common := []string{"--kubeconfig", h.Config, "--leader-elect=false", "--secure-port", "0"}
	return errors.Join(
		h.Start(h.program("kube-controller-manager"), append(common, "--root-ca-file", h.secret("ca.crt"),
			"--service-account-private-key-file", h.secret("accounts.key"), "--node-monitor-grace-period", "20s",
			"--horizontal-pod-autoscaler-sync-period", "5s", "--horizontal-pod-autoscaler-initial-readiness-delay", "5s",
			"--horizontal-pod-autoscaler-cpu-initialization-period", "15s",
			"--horizontal-pod-autoscaler-downscale-stabilization", "30s")...),
		h.Start(h.program("kube-scheduler"), common...),
		h.metrics())
}

// metrics starts what the autoscaler asks how busy Pods are. It is no Pod itself, so that it is there when a node is not.
func (h *host) metrics() error {
	return h.Start(filepath.Join(h.cache, "metrics-server-"+metricsServer, "metrics-server"), "--kubeconfig", h.Config,
		"--authentication-kubeconfig", h.Config, "--authorization-kubeconfig", h.Config, "--bind-address", hostIP, "--secure-port", "4443",
		"--cert-dir", h.secrets.Dir, "--kubelet-insecure-tls", "--kubelet-preferred-address-types", "InternalIP",
		"--metric-resolution", "10s", "--kubelet-request-timeout", "5s")
}

// proxy starts what leads Services' addresses to Pods'.
func (c *cluster) proxy(on *kube.Daemons, name, ip string) error {
	return on.Start(c.program("kube-proxy"), "--kubeconfig", c.Config, "--proxy-mode", "nftables", "--hostname-override", name,
		"--cluster-cidr", podRange, "--bind-address", ip, "--metrics-bind-address", "127.0.0.1:10249",
		"--healthz-bind-address", "127.0.0.1:10256", "--oom-score-adj", "0", // a lower one may not be allowed
		"--conntrack-max-per-core", "0", "--conntrack-tcp-timeout-established", "0", "--conntrack-tcp-timeout-close-wait", "0")
}
