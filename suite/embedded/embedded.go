// Package embedded runs the whole suite in one process: every service on its own SQLite file, events handed over in the
// process, calls without a wire, the REST front door on top.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"kept.dev/gateway"
	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/app"
	"kept.dev/kit/bus"
	"kept.dev/kit/chain"
	"kept.dev/kit/clock"
	"kept.dev/kit/id"
	"kept.dev/kit/keyring"
	"kept.dev/kit/live"
	"kept.dev/kit/peer"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/sandbox"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/token"
	contract "kept.dev/proto"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/services/customer"
	"kept.dev/services/loyalty"
	"kept.dev/services/notification"
	"kept.dev/services/order"
	"kept.dev/services/support"
)

// Services are all the services of the suite, by name.
func Services() map[string]kit.New {
	return map[string]kit.New{
		"customer": customer.New, "order": order.New, "loyalty": loyalty.New, "notification": notification.New, "support": support.New,
	}
}

// Config says how the suite runs.
type Config struct {
	// Dir holds everything that lasts: databases, keys, the sandbox's clock.
	Dir string
	// Sandbox adds a clock that can be moved forward.
	Sandbox bool
	// RateLimit is how many calls a second each caller may make; 0 for no limit.
	RateLimit int
	// CORSOrigins are the web origins that may call from a browser.
	CORSOrigins []string
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is believed.
	TrustedProxies []string
	// Mail says how mail leaves the company; into the folder mailbox of Dir when it says nothing.
	Mail kit.Mail
	// Issuers are the OIDC issuers whose tokens count besides the suite's own.
	Issuers []token.OIDCIssuer

	Log    *slog.Logger
	Tracer trace.TracerProvider
	Meter  metric.MeterProvider
}

// Suite is the suite in this process.
type Suite struct {
	// Handler is the REST front door.
	Handler http.Handler
	// Issuer makes tokens.
	Issuer *token.Issuer
	// Clock is the business clock.
	Clock clock.Clock

	cfg      Config
	signer   *keyring.Signer
	hosts    map[string]*app.Host
	channels map[string]*peer.Channel
	runtime  app.Runtime
	lock     *os.File
	live     *live.Local
}

// Open puts the suite together and brings its tables up to date. Nothing works before Run.
func Open(ctx context.Context, cfg Config) (suite *Suite, err error) {
	s := &Suite{live: live.NewLocal(), cfg: cfg, hosts: map[string]*app.Host{}, channels: map[string]*peer.Channel{}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := s.lockDir(); err != nil {
		return nil, err
	}
	keys, err := app.OpenKeys(filepath.Join(cfg.Dir, "keys"), cfg.Meter)
	if err != nil {
		return nil, err
	}
	s.Issuer, s.signer = keys.Tokens, keys.Links
	if err := s.openUnits(ctx); err != nil {
		return nil, err
	}
	if err := noteDatabases(cfg.Dir); err != nil {
		return nil, err
	}
	s.Handler, err = s.gateway()
	return s, err
}

// lockDir refuses a folder that another process uses, or in which data is missing.
func (s *Suite) lockDir() (err error) {
	if err := makePrivate(s.cfg.Dir); err != nil {
		return err
	}
	if s.lock, err = Lock(s.cfg.Dir); err != nil {
		return err
	}
	if err := checkDatabases(s.cfg.Dir); err != nil {
		return err
	}
	return checkKind(s.cfg.Dir, s.cfg.Sandbox)
}

func (s *Suite) openUnits(ctx context.Context) error {
	runtime, err := s.newRuntime()
	if err != nil {
		return err
	}
	s.runtime = runtime
	group, ctx := errgroup.WithContext(ctx)
	for name, make := range Services() {
		host, err := app.NewHost(ctx, name, make, "sqlite:"+filepath.Join(s.cfg.Dir, name+".db"), runtime)
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		s.hosts[name] = host
		s.channels[name] = peer.NewChannel(host.Chain.Unary(), host.Chain.Stream())
		host.Register(s.channels[name])
		group.Go(func() error { return prepare(ctx, host) })
	}
	return group.Wait()
}

// prepare brings a service's tables up to date, and takes over what the last process left: the folder's lock says that it is
// gone.
func prepare(ctx context.Context, host *app.Host) error {
	if err := host.Migrate(ctx); err != nil {
		return err
	}
	return host.Inherit(ctx)
}

// newRuntime are what all services share in this process.
func (s *Suite) newRuntime() (app.Runtime, error) {
	verifier, err := token.NewVerifier(s.Issuer.Keys(), s.cfg.Issuers, time.Now)
	if err != nil {
		return app.Runtime{}, err
	}
	var names []string
	for name := range Services() {
		names = append(names, name)
	}
	mail := s.cfg.Mail
	if mail.Folder == "" {
		mail.Folder = filepath.Join(s.cfg.Dir, "mailbox")
	}
	validator, err := chain.NewValidator() // one for all: much of it is the same, and it learns each message when it first comes
	if err != nil {
		return app.Runtime{}, err
	}
	runtime := app.Runtime{
		Validator: validator,
		Process:   id.New(), Bus: bus.NewLocal(names...), Clock: clock.Wall{}, Log: s.cfg.Log, Tracer: s.cfg.Tracer,
		Meter: s.cfg.Meter, Verifier: verifier, Activity: &telemetry.Activity{}, Peer: s.peer(),
		Live: s.live, Signer: s.signer, Mail: mail,
	}
	if s.cfg.RateLimit > 0 {
		runtime.Limiter = ratelimit.NewLocal(ratelimit.Limit{Rate: s.cfg.RateLimit}, time.Now)
	} else {
		verifier.Unlimited()
	}
	if s.cfg.Sandbox {
		members, err := openSandbox(filepath.Join(s.cfg.Dir, clockFile), names, runtime.Peer)
		if err != nil {
			return runtime, err
		}
		runtime.Clock, runtime.Sandbox = members.clock, sandbox.New(members.clock, members)
	}
	s.Clock = runtime.Clock
	return runtime, nil
}

// tokens are those of the process itself.
func (s *Suite) tokens() func(context.Context) string {
	return s.Issuer.Renewing(access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/suite"}, time.Hour)
}

// peer is how services in this process call each other: as themselves, through each other's whole chain.
func (s *Suite) peer() func(string) grpc.ClientConnInterface {
	tokens := s.tokens()
	unary, stream := chain.ClientUnary(tokens), chain.ClientStream(tokens)
	return func(service string) grpc.ClientConnInterface {
		return peer.Intercept(s.channels[service], unary, stream)
	}
}

func (s *Suite) gateway() (http.Handler, error) {
	conns := map[string]grpc.ClientConnInterface{}
	for name, channel := range s.channels {
		conns[name] = channel
	}
	return gateway.New(gateway.Config{
		Conns: conns, OpenAPI: contract.OpenAPI, PublicURL: s.cfg.Mail.PublicURL, CORSOrigins: s.cfg.CORSOrigins, Sandbox: s.cfg.Sandbox, JWKS: s.Issuer,
		Verifier: s.runtime.Verifier, Token: s.tokens(), TrustedProxies: s.cfg.TrustedProxies,
		Log: s.cfg.Log, Tracer: s.cfg.Tracer.Tracer("kept.dev/gateway"), Meter: s.cfg.Meter.Meter("kept.dev/gateway"),
	})
}

// Channel is the connection to a service within the process, for gRPC callers.
func (s *Suite) Channel(service string) grpc.ClientConnInterface { return s.channels[service] }

// EndStreams ends the streams that services have open, so that nothing waits for them.
func (s *Suite) EndStreams() { s.live.Close() }

// Check tells whether the databases answer.
func (s *Suite) Check(ctx context.Context) error {
	for name, host := range s.hosts {
		if err := host.DB.Ping(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Run works until the context ends or a part of the suite fails.
func (s *Suite) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for name, host := range s.hosts {
		group.Go(func() error {
			if err := host.Run(ctx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
		group.Go(func() error { s.verify(ctx, name, host); return nil })
	}
	return group.Wait()
}

// verify looks through a service's database, so that damage is known before anybody comes across it.
func (s *Suite) verify(ctx context.Context, name string, host *app.Host) {
	if err := host.DB.Verify(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.ErrorContext(ctx, "the database could not be looked through", "service", name, "error", err)
	}
}

// Drain refuses new calls within the process and waits for those that run.
func (s *Suite) Drain(ctx context.Context) error {
	var faults []error
	for _, channel := range s.channels {
		faults = append(faults, channel.Drain(ctx))
	}
	return errors.Join(faults...)
}

// Close closes what is open. Run must have returned.
func (s *Suite) Close() {
	for _, host := range s.hosts {
		host.Close()
	}
	if s.lock != nil {
		s.lock.Close()
	}
}
