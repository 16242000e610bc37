package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/bus"
	"kept.dev/kit/chain"
	"kept.dev/kit/clock"
	"kept.dev/kit/id"
	"kept.dev/kit/live"
	"kept.dev/kit/peer"
	"kept.dev/kit/process"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/sandbox"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/tlsconf"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Main runs a service in a process of its own until it is told to stop; with the argument migrate, it only brings the tables
// up to date.
func Main(name string, make kit.New) {
	if len(os.Args) > 1 && os.Args[1] == "migrate" {
		var cfg MigrateConfig
		Exit(name+" migrate", os.Args[2:], &cfg, func(ctx context.Context) error { return Migrate(ctx, name, make, cfg) })
		return
	}
	var cfg Config
	Exit(name, os.Args[1:], &cfg, func(ctx context.Context) error { return Serve(ctx, name, make, cfg) })
}

// Serve runs a service until the context ends.
func Serve(ctx context.Context, name string, make kit.New, cfg Config) error {
	observed, err := cfg.Observe(ctx, name)
	if err != nil {
		return err
	}
	r, err := newReplica(ctx, name, make, cfg, observed)
	if err != nil {
		return err
	}
	defer r.close()
	return process.Run(ctx, observed.Logger, cfg.Drain, r.parts(observed)...)
}

// replica is one process of a service.
type replica struct {
	cfg     Config
	name    string
	host    *Host
	redis   redis.UniversalClient
	tls     *tlsconf.Source
	world   *sandbox.Redis // in a sandbox
	live    *live.Redis
	runtime Runtime
	tokens  func(context.Context) string
	conns   map[string]*grpc.ClientConn
}

func newReplica(ctx context.Context, name string, make kit.New, cfg Config, observed Telemetry) (*replica, error) {
	r := &replica{cfg: cfg, name: name, conns: map[string]*grpc.ClientConn{}}
	var err error
	if r.redis, err = openRedis(cfg.Redis); err != nil {
		return nil, err
	}
	if r.tls, err = cfg.TLS(); err == nil {
		err = errors.Join(r.tls.Observe(observed.MeterProvider.Meter("kept.dev/kit/tlsconf")), r.makeRuntime(observed))
	}
	if err == nil {
		err = r.connect()
	}
	if err == nil {
		r.host, err = NewHost(ctx, name, make, cfg.Database, r.runtime)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// makeRuntime makes what the process gives to its service.
func (r *replica) makeRuntime(observed Telemetry) error {
	keys, err := OpenKeys(r.cfg.Keys, observed.MeterProvider)
	if err != nil {
		return err
	}
	issuers, err := r.cfg.Issuers()
	if err != nil {
		return err
	}
	verifier, err := token.NewVerifier(keys.Tokens.Keys(), issuers, time.Now)
	if err != nil {
		return err
	}
	services := slices.Sorted(maps.Keys(r.cfg.Peers))
	if !slices.Contains(services, r.name) {
		return fmt.Errorf("the peers have to name all services, and so this one, %s", r.name)
	}
	r.tokens = keys.Tokens.Renewing(access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/" + r.name}, time.Hour)
	r.live = live.NewRedis(r.redis, observed.Logger)
	r.runtime = Runtime{
		Process: id.New(), Clock: clock.Wall{}, Log: observed.Logger, Tracer: observed.TracerProvider, Meter: observed.MeterProvider,
		Verifier: verifier, Activity: &telemetry.Activity{}, RelayLease: r.cfg.RelayLease, OutsideLease: r.cfg.OutsideLease,
		Bus:  bus.NewRedis(bus.RedisConfig{Client: r.redis, Services: services, Idle: r.cfg.RedeliverAfter, Log: observed.Logger}),
		Peer: func(service string) grpc.ClientConnInterface { return r.conns[service] },
		Live: r.live, Signer: keys.Links, Mail: r.mail(), Connections: r.cfg.sizes(),
	}
	if r.cfg.RateLimit > 0 {
		r.runtime.Limiter = ratelimit.NewRedis(r.redis, ratelimit.Limit{Rate: r.cfg.RateLimit}, 2, time.Now)
	}
	if r.cfg.Sandbox {
		r.joinSandbox(services)
	}
	return nil
}

// mail fills in what is not set: the folder that the process runs in, and the front door's default address.
func (r *replica) mail() kit.Mail {
	m := r.cfg.Mail.Settings()
	m.Folder = cmp.Or(m.Folder, "mailbox")
	m.PublicURL = cmp.Or(m.PublicURL, "http://127.0.0.1:8080")
	return m
}

// joinSandbox gives the process a clock that all processes move together.
func (r *replica) joinSandbox(services []string) {
	moved := &clock.Sandbox{}
	address := r.cfg.Advertise
	if address == "" {
		address = r.cfg.Listen
	}
	r.world = &sandbox.Redis{
		Client: r.redis, Clock: moved, Services: services, Service: r.name, Process: r.runtime.Process, Address: address,
		Log: r.runtime.Log, Dial: func(service, address string) (grpc.ClientConnInterface, error) { return r.dial(service, address) },
	}
	r.runtime.Clock, r.runtime.Sandbox, r.runtime.RefreshClock = moved, sandbox.New(moved, r.world), r.world.Refresh
}

func (r *replica) connect() error {
	for service, address := range r.cfg.Peers {
		conn, err := r.dial(service, address)
		if err != nil {
			return err
		}
		r.conns[service] = conn
	}
	return nil
}

// dial connects to a peer, as this service.
func (r *replica) dial(service, address string) (*grpc.ClientConn, error) {
	return peer.Dial(address, DialCredentials(r.tls, service),
		grpc.WithUnaryInterceptor(chain.ClientUnary(r.tokens)), grpc.WithStreamInterceptor(chain.ClientStream(r.tokens)))
}

func (r *replica) close() {
	if r.host != nil {
		r.host.Close()
	}
	for _, conn := range r.conns {
		conn.Close()
	}
	r.redis.Close()
}
