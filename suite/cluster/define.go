package cluster

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"kept.dev/kit/localserver"
)

// define chooses addresses and writes every process's settings.
func (c *Cluster) define(ctx context.Context) error {
	addresses, err := c.addresses()
	if err != nil {
		return err
	}
	front := "http://" + addresses["gateway"][0]
	for _, service := range services {
		database, err := c.Postgres.Create(ctx, service)
		if err != nil {
			return err
		}
		for i, address := range addresses[service] {
			if err := c.defineReplica(service, name(service, i), address, database, front, addresses); err != nil {
				return err
			}
		}
	}
	for i, address := range addresses["gateway"] {
		if err := c.defineGateway(name("gateway", i), address, addresses); err != nil {
			return err
		}
	}
	c.Gateway = c.Replicas("gateway")[0]
	return nil
}

func (c *Cluster) defineReplica(service, name, address, database, front string, addresses map[string][]string) error {
	p, err := c.process(service, name, address)
	if err != nil {
		return err
	}
	peers, err := c.peers(name, addresses)
	if err != nil {
		return err
	}
	if database, err = c.through(name, "postgres", database); err != nil {
		return err
	}
	redis := c.RedisURL()
	if c.Redis != nil {
		if redis, err = c.through(name, "redis", redis); err != nil {
			return err
		}
	}
	p.settings("database", database, "redis", redis, "peers", peers, "keys", c.keys(), "mail-folder", c.Mailbox(), "public-url", front)
	c.Processes = append(c.Processes, p)
	return nil
}

func (c *Cluster) defineGateway(name, address string, addresses map[string][]string) error {
	p, err := c.process("gateway", name, address)
	if err != nil {
		return err
	}
	peers, err := c.peers(name, addresses)
	if err != nil {
		return err
	}
	p.settings("services", peers, "keys", c.keys())
	c.Processes = append(c.Processes, p)
	return nil
}

func (c *Cluster) keys() string { return filepath.Join(c.cfg.Dir, "keys") }

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

// addresses are those of all replicas of all services, and of the gateways.
func (c *Cluster) addresses() (map[string][]string, error) {
	out := map[string][]string{}
	take := func(program string, n int) error {
		for range n {
			address, err := freeAddress()
			if err != nil {
				return err
			}
			out[program] = append(out[program], address)
		}
		return nil
	}
	for _, service := range services {
		if err := take(service, c.cfg.Replicas); err != nil {
			return nil, err
		}
	}
	if err := take("gateway", c.cfg.Gateways); err != nil {
		return nil, err
	}
	out["gateway"][0] = cmp.Or(c.cfg.Listen, out["gateway"][0])
	return out, nil
}

// peers writes where a process reaches all services as the setting takes it: "customer=host:1,host:2;order=host:3".
func (c *Cluster) peers(from string, addresses map[string][]string) (string, error) {
	var parts []string
	for _, service := range services {
		var reached []string
		for i, address := range addresses[service] {
			at, err := c.route(from, name(service, i), address)
			if err != nil {
				return "", err
			}
			reached = append(reached, at)
		}
		parts = append(parts, service+"="+strings.Join(reached, ","))
	}
	return strings.Join(parts, ";"), nil
}

// through is the URL with the address at which the process reaches it.
func (c *Cluster) through(from, to, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	u.Host, err = c.route(from, to, u.Host)
	return u.String(), err
}

func (c *Cluster) route(from, to, address string) (string, error) {
	if c.cfg.Route == nil {
		return address, nil
	}
	return c.cfg.Route(from, to, address)
}

func name(program string, i int) string { return fmt.Sprintf("%s-%d", program, i+1) }

func freeAddress() (string, error) {
	port, err := localserver.FreePort()
	return fmt.Sprintf("127.0.0.1:%d", port), err
}
