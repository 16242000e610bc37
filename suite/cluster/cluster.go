// Package cluster runs the distributed suite on this machine: real processes of every service, two replicas each, with a
// PostgreSQL and a Redis of their own. Scenarios, kill tests and benchmarks play against it.
package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/localserver"
	"kept.dev/kit/tlsconf"
	"kept.dev/kit/token"
	"kept.dev/suite/scenario"
)

// services are the services that run, besides the gateway.
var services = []string{"customer", "order", "loyalty", "notification", "support"}

// Config says what to run.
type Config struct {
	// Dir holds everything: data, keys, certificates, logs.
	Dir string
	// Bin is the folder of the programs, as Build makes them.
	Bin string
	// Replicas is how many processes of each service run (default 2).
	Replicas int
	// Gateways is how many gateways run (default 1).
	Gateways int
	// RedisCluster has the suite stand on a Redis Cluster of six nodes instead of on one Redis.
	RedisCluster bool
	// Sandbox gives the suite a clock that can be moved.
	Sandbox bool
	// Impatient makes replicas take over from dead ones after half a second, for tests that kill.
	Impatient bool
	// Unlimited lets a caller call as often as it can, for benchmarks.
	Unlimited bool
	// Listen is the first gateway's address; any free port when empty.
	Listen string
	// Route, when set, says at which address a process reaches another one, PostgreSQL ("postgres") or Redis ("redis"), so that
	// a test can put something in between. It is asked once for each process and what it reaches, when all is defined.
	Route func(from, to, address string) (string, error)
	// Env is added to every process's environment.
	Env []string
}

// Cluster is a running suite.
type Cluster struct {
	Postgres *localserver.Postgres
	// Redis is nil where the suite stands on a Redis Cluster, and RedisCluster where it does not.
	Redis        *localserver.Redis
	RedisCluster *localserver.RedisCluster
	Processes    []*Process
	Gateway      *Process // the first one

	cfg    Config
	tls    tlsconf.Files
	issuer *token.Issuer
}

// Start starts everything and returns when all processes are ready.
func Start(ctx context.Context, cfg Config) (c *Cluster, err error) {
	cfg.Replicas = cmp.Or(cfg.Replicas, 2)
	cfg.Gateways = cmp.Or(cfg.Gateways, 1)
	c = &Cluster{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := c.prepare(ctx); err != nil {
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

// prepare makes what the processes stand on: databases, Redis, keys, certificates.
func (c *Cluster) prepare(ctx context.Context) (err error) {
	if err := os.MkdirAll(c.cfg.Dir, 0o755); err != nil {
		return err
	}
	if c.issuer, err = token.NewIssuer(filepath.Join(c.cfg.Dir, "keys")); err != nil {
		return err
	}
	if c.tls, err = tlsconf.DevCA(filepath.Join(c.cfg.Dir, "tls"), append([]string{"gateway"}, services...)...); err != nil {
		return err
	}
	if c.Postgres, err = localserver.StartPostgres(ctx, c.cfg.Dir); err != nil {
		return err
	}
	return c.startRedis(ctx)
}

func (c *Cluster) startRedis(ctx context.Context) (err error) {
	durable := []string{"--appendonly", "yes", "--appendfsync", "everysec"}
	if c.cfg.RedisCluster {
		c.RedisCluster, err = localserver.StartRedisCluster(ctx, c.cfg.Dir, durable...)
		return err
	}
	c.Redis, err = localserver.StartRedis(ctx, c.cfg.Dir, durable...)
	return err
}

// RedisURL is the address of the Redis, or of the Redis Cluster's nodes.
func (c *Cluster) RedisURL() string {
	if c.RedisCluster != nil {
		return c.RedisCluster.URL()
	}
	return c.Redis.URL()
}

// Mailbox is the folder that takes the mails.
func (c *Cluster) Mailbox() string { return filepath.Join(c.cfg.Dir, "mailbox") }

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

// Environment is where stories are played.
func (c *Cluster) Environment() scenario.Environment {
	return scenario.Environment{
		URL: "http://" + c.Gateway.Address, HTTP: &http.Client{Timeout: time.Minute},
		Token: func(p access.Principal) (string, error) { return c.issuer.Issue(p, 24*time.Hour) },
	}
}

// Describe says which processes and databases these are.
func (c *Cluster) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "postgres pid %d %s, redis pid %s %s\n", c.Postgres.PID(), c.Postgres.URL(""), c.redisPIDs(), c.RedisURL())
	for _, p := range c.Processes {
		fmt.Fprintf(&b, "%s pid %d on %s\n", p.Name, p.PID(), p.Address)
	}
	return b.String()
}

func (c *Cluster) redisPIDs() string {
	if c.Redis != nil {
		return strconv.Itoa(c.Redis.PID())
	}
	var pids []string
	for _, node := range c.RedisCluster.Nodes {
		pids = append(pids, strconv.Itoa(node.PID()))
	}
	return strings.Join(pids, ",")
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
	if c.RedisCluster != nil {
		c.RedisCluster.Stop()
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
