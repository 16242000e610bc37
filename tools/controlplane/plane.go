package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// plane is a control plane that runs.
type plane struct {
	bin, dir string
	api      string // address of the API server
	daemons  []*daemon
}

// daemon is one of its programs.
type daemon struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
}

func (p *plane) config() string          { return filepath.Join(p.dir, "kubeconfig") }
func (p *plane) file(name string) string { return filepath.Join(p.dir, name) }

// start starts everything and returns when nodes are ready and accounts are made.
func (p *plane) start(ctx context.Context) error {
	addresses, err := free(3)
	if err != nil {
		return err
	}
	p.api = addresses[0]
	store, peers := "http://"+addresses[1], "http://"+addresses[2]
	if err := p.secrets(); err != nil {
		return err
	}
	if err := p.daemon("etcd", "--data-dir", p.file("etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", store, "--advertise-client-urls", store, "--listen-peer-urls", peers); err != nil {
		return err
	}
	if err := p.server(store); err != nil {
		return err
	}
	if err := p.until(ctx, 2*time.Minute, "the API server", "get", "--raw", "/readyz"); err != nil {
		return err
	}
	return p.staff(ctx)
}

func (p *plane) server(store string) error {
	_, port, err := net.SplitHostPort(p.api)
	if err != nil {
		return err
	}
	return p.daemon("kube-apiserver", "--etcd-servers", store, "--bind-address", "127.0.0.1", "--secure-port", port,
		"--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none", "--cert-dir", p.dir,
		"--tls-cert-file", p.file("api.crt"), "--tls-private-key-file", p.file("api.key"), "--token-auth-file", p.file("tokens.csv"),
		"--authorization-mode", "Node,RBAC", "--service-cluster-ip-range", "10.96.0.0/16",
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", p.file("accounts.key"),
		"--service-account-signing-key-file", p.file("accounts.key"))
}

// staff starts those that work on what the API server has, and puts nodes, volumes and the Gateway API into it.
func (p *plane) staff(ctx context.Context) error {
	common := []string{"--kubeconfig", p.config(), "--leader-elect=false", "--secure-port", "0"}
	err := errors.Join(
		p.daemon("kube-controller-manager", append(common, "--root-ca-file", p.file("ca.crt"),
			"--service-account-private-key-file", p.file("accounts.key"))...),
		p.daemon("kube-scheduler", common...),
		p.daemon("kwok", "--kubeconfig", p.config(), "--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake"),
	)
	if err != nil {
		return err
	}
	if err := p.apply(ctx, furniture(nodes)); err != nil {
		return err
	}
	if err := p.kubectl(ctx, "apply", "--server-side", "-f", filepath.Join(p.bin, "crds")); err != nil {
		return err
	}
	return errors.Join(
		p.until(ctx, time.Minute, "the Gateway API", "wait", "--for=condition=Established", "--timeout=1s", "-f", filepath.Join(p.bin, "crds")),
		p.until(ctx, time.Minute, "the nodes", "wait", "--for=condition=Ready", "--timeout=1s", "node", "--all"),
		p.until(ctx, time.Minute, "the accounts", "-n", "default", "get", "serviceaccount", "default"),
	)
}

// daemon starts a program. It ends with this process, however that ends.
func (p *plane) daemon(name string, args ...string) error {
	log, err := os.Create(p.file(name + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d := &daemon{name: name, cmd: cmd, done: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(d.done) }()
	p.daemons = append(p.daemons, d)
	return nil
}

// stop ends all, in reverse.
func (p *plane) stop() {
	for i := len(p.daemons) - 1; i >= 0; i-- {
		d := p.daemons[i]
		_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-d.done:
		case <-time.After(5 * time.Second):
			_ = d.cmd.Process.Kill()
			<-d.done
		}
	}
}

// until asks kubectl again and again, until it succeeds, a daemon has ended, or time is up.
func (p *plane) until(ctx context.Context, patience time.Duration, what string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := p.kubectl(ctx, args...); err == nil {
			return nil
		}
		for _, d := range p.daemons {
			select {
			case <-d.done:
				return fmt.Errorf("%s ended: %s", d.name, p.tail(d.name))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not ready in %s", what, patience)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (p *plane) tail(name string) string {
	text, _ := os.ReadFile(p.file(name + ".log"))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

func (p *plane) kubectl(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "kubectl", append([]string{"--kubeconfig", p.config()}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (p *plane) apply(ctx context.Context, objects string) error {
	file := p.file("furniture.yaml")
	if err := os.WriteFile(file, []byte(objects), 0o600); err != nil {
		return err
	}
	return p.kubectl(ctx, "apply", "--server-side", "-f", file)
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
