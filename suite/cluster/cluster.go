// Package cluster runs the distributed suite on this machine: real processes of every service, two replicas each, with a
// PostgreSQL and a Redis of their own. Scenarios, kill tests and benchmarks play against it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/localpg"
	"kept.dev/kit/localport"
	"kept.dev/kit/localredis"
	"kept.dev/kit/tlsconf"
	"kept.dev/kit/token"
	"kept.dev/suite/scenario"
)

// Services are the services that run, besides the gateway.
var services = []string{"customer", "order", "loyalty", "notification", "support"}

// Config says what to run.
type Config struct {
	// Dir holds everything: data, keys, certificates, logs.
	Dir string
	// Bin is the folder of the programs, as Build makes them.
	Bin string
	// Replicas is how many processes of each service run (default 2). There is one gateway.
	Replicas int
	// Sandbox gives the suite a clock that can be moved.
	Sandbox bool
	// Impatient makes replicas take over from dead ones after half a second, for tests that kill.
	Impatient bool
	// Unlimited lets a caller call as often as it can, for benchmarks.
	Unlimited bool
	// Listen is the gateway's address; any free port when empty.
	Listen string
	// Env is added to every process's environment.
	Env []string
}

// Cluster is a running suite.
type Cluster struct {
	Postgres  *localpg.Server
	Redis     *localredis.Server
	Processes []*Process
	Gateway   *Process

	cfg    Config
	tls    tlsconf.Files
	issuer *token.Issuer
}

// Start starts everything and returns when all processes are ready.
func Start(ctx context.Context, cfg Config) (c *Cluster, err error) {
	if cfg.Replicas == 0 {
		cfg.Replicas = 2
	}
	c = &Cluster{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := c.furnish(ctx); err != nil {
		return c, err
	}
	if err := c.define(ctx); err != nil {
		return c, err
	}
	for _, p := range c.Processes {
		if err := p.Start(); err != nil {
			return c, err
		}
	}
	for _, p := range c.Processes {
		if err := p.Await(ctx); err != nil {
			return c, err
		}
	}
	return c, nil
}

// furnish makes what the processes stand on: databases, Redis, keys, certificates.
func (c *Cluster) furnish(ctx context.Context) (err error) {
	if err := os.MkdirAll(c.cfg.Dir, 0o755); err != nil {
		return err
	}
	if c.issuer, err = token.NewIssuer(filepath.Join(c.cfg.Dir, "keys")); err != nil {
		return err
	}
	if c.tls, err = tlsconf.DevCA(filepath.Join(c.cfg.Dir, "tls"), append([]string{"gateway"}, services...)...); err != nil {
		return err
	}
	if c.Postgres, err = localpg.Start(ctx, c.cfg.Dir); err != nil {
		return err
	}
	c.Redis, err = localredis.Start(ctx, c.cfg.Dir, "--appendonly", "yes", "--appendfsync", "everysec")
	return err
}

// define chooses addresses and writes every process's settings.
func (c *Cluster) define(ctx context.Context) error {
	addresses, err := c.addresses()
	if err != nil {
		return err
	}
	front := c.cfg.Listen
	if front == "" {
		if front, err = freeAddress(); err != nil {
			return err
		}
	}
	for _, service := range services {
		database, err := c.Postgres.Create(ctx, service)
		if err != nil {
			return err
		}
		for i, address := range addresses[service] {
			p, err := c.process(service, fmt.Sprintf("%s-%d", service, i+1), address)
			if err != nil {
				return err
			}
			p.settings("database", database, "redis", c.Redis.URL(), "peers", list(addresses), "keys", filepath.Join(c.cfg.Dir, "keys"),
				"mail-folder", c.Mailbox(), "public-url", "http://"+front)
			c.Processes = append(c.Processes, p)
		}
	}
	c.Gateway, err = c.process("gateway", "gateway", front)
	if err != nil {
		return err
	}
	c.Gateway.settings("services", list(addresses), "keys", filepath.Join(c.cfg.Dir, "keys"))
	c.Processes = append(c.Processes, c.Gateway)
	return nil
}

// Mailbox is the folder that takes the mails.
func (c *Cluster) Mailbox() string { return filepath.Join(c.cfg.Dir, "mailbox") }

func (c *Cluster) process(program, name, address string) (*Process, error) {
	admin, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := &Process{
		Name: name, Address: address, Admin: admin, program: filepath.Join(c.cfg.Bin, program),
		log: filepath.Join(c.cfg.Dir, name+".log"), env: c.cfg.Env,
	}
	p.settings("listen", address, "admin-listen", admin, "log-format", "json",
		"tls-cert", c.tls.Cert, "tls-key", c.tls.Key, "tls-ca", c.tls.CA)
	if c.cfg.Sandbox {
		p.settings("sandbox", "true")
	}
	if c.cfg.Unlimited && program != "gateway" {
		p.settings("rate-limit", "0")
	}
	if c.cfg.Impatient && program != "gateway" {
		p.settings("relay-lease", "500ms", "outside-lease", "1s", "redeliver-after", "500ms")
	}
	return p, nil
}

func (c *Cluster) addresses() (map[string][]string, error) {
	out := map[string][]string{}
	for _, service := range services {
		for range c.cfg.Replicas {
			address, err := freeAddress()
			if err != nil {
				return nil, err
			}
			out[service] = append(out[service], address)
		}
	}
	return out, nil
}

// list writes addresses as the setting takes them: "customer=host:1,host:2;order=host:3".
func list(addresses map[string][]string) string {
	var parts []string
	for _, service := range services {
		parts = append(parts, service+"="+strings.Join(addresses[service], ","))
	}
	return strings.Join(parts, ";")
}

func freeAddress() (string, error) {
	port, err := localport.Free()
	return fmt.Sprintf("127.0.0.1:%d", port), err
}

// Services are the services that run, besides the gateway.
func (c *Cluster) Services() []string { return services }

// Replicas are the processes of a service.
func (c *Cluster) Replicas(service string) []*Process {
	var out []*Process
	for _, p := range c.Processes {
		if strings.HasPrefix(p.Name, service+"-") {
			out = append(out, p)
		}
	}
	return out
}

// Stage is where stories are played.
func (c *Cluster) Stage() scenario.Stage {
	return scenario.Stage{
		URL: "http://" + c.Gateway.Address, HTTP: &http.Client{Timeout: time.Minute},
		Token: func(p access.Principal) (string, error) { return c.issuer.Issue(p, 24*time.Hour) },
	}
}

// Describe says which processes and databases these are.
func (c *Cluster) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "postgres pid %d %s, redis pid %d %s\n", c.Postgres.PID(), c.Postgres.URL(""), c.Redis.PID(), c.Redis.URL())
	for _, p := range c.Processes {
		fmt.Fprintf(&b, "%s pid %d on %s\n", p.Name, p.PID(), p.Address)
	}
	return b.String()
}

// Stop ends all processes: the suite's with time to drain, then what it stood on.
func (c *Cluster) Stop() error {
	var faults []error
	for i := len(c.Processes) - 1; i >= 0; i-- {
		faults = append(faults, c.Processes[i].Stop())
	}
	if c.Redis != nil {
		c.Redis.Stop(false)
	}
	if c.Postgres != nil {
		c.Postgres.Stop(false)
	}
	return errors.Join(faults...)
}

// Failed is closed when one of the processes has ended.
func (c *Cluster) Failed() <-chan struct{} {
	failed := make(chan struct{})
	var once sync.Once
	for _, p := range c.Processes {
		go func() { <-p.Done(); once.Do(func() { close(failed) }) }()
	}
	return failed
}
