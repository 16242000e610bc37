// Command gateway runs the REST front door on its own, before services that run elsewhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"kept.dev/gateway"
	"kept.dev/kit/access"
	"kept.dev/kit/app"
	"kept.dev/kit/chain"
	"kept.dev/kit/peer"
	"kept.dev/kit/process"
	"kept.dev/kit/tlsconf"
	"kept.dev/kit/token"
	contract "kept.dev/proto"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Config are the gateway's settings.
type Config struct {
	app.Common
	app.Mesh
	app.Front
	Listen    string            `help:"Address to serve REST on." default:"127.0.0.1:8080" group:"Addresses"`
	Services  map[string]string `help:"Addresses of all services, name=host:port; several with commas." required:"" group:"Addresses"`
	PublicURL string            `name:"public-url" help:"Where callers reach the gateway, as its OpenAPI document says; where the document is, when unset." group:"Addresses"`
	// MaxStreams leaves room for other calls: a connection to a service carries 1000 at once.
	MaxStreams int `help:"Streams that may be open at once." default:"500" group:"Limits"`
}

func main() {
	var cfg Config
	app.Exit("gateway", os.Args[1:], &cfg, func(ctx context.Context) error { return serve(ctx, cfg) })
}

func serve(ctx context.Context, cfg Config) error {
	seen, err := cfg.Observe(ctx, "gateway")
	if err != nil {
		return err
	}
	source, err := cfg.TLS()
	if err == nil {
		err = source.Observe(seen.MeterProvider.Meter("kept.dev/kit/tlsconf"))
	}
	if err != nil {
		return err
	}
	conns, err := connect(cfg, source)
	if err != nil {
		return err
	}
	handler, err := front(cfg, conns, seen)
	if err != nil {
		return err
	}
	readiness := process.NewReadiness(nil, process.Check{Name: "services", Probe: anybody(conns)})
	return process.Run(ctx, seen.Logger, cfg.Drain, seen.Part(), cfg.AdminPart(&cfg, seen, readiness), cfg.ProbePart(readiness),
		process.HTTP("rest", cfg.Listen, cfg.MaxConnections, handler), readiness.Part(), app.ReleaseMemoryPart())
}

// anybody tells whether at least one service answers. With one away, the others are still worth being reached.
func anybody(conns map[string]grpc.ClientConnInterface) func(context.Context) error {
	return func(ctx context.Context) error {
		var faults []error
		for name, conn := range conns {
			_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
			if err == nil {
				return nil
			}
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
		return errors.Join(faults...)
	}
}

// connect dials every service. The gateway calls with its callers' own tokens: its own one vouches for addresses only.
func connect(cfg Config, source *tlsconf.Source) (map[string]grpc.ClientConnInterface, error) {
	conns := map[string]grpc.ClientConnInterface{}
	for name, address := range cfg.Services {
		conn, err := peer.Dial(address, app.DialCredentials(source, name),
			grpc.WithUnaryInterceptor(chain.ClientUnary(nil)), grpc.WithStreamInterceptor(chain.ClientStream(nil)))
		if err != nil {
			return nil, err
		}
		conns[name] = conn
	}
	return conns, nil
}

func front(cfg Config, conns map[string]grpc.ClientConnInterface, seen app.Telemetry) (http.Handler, error) {
	keys, err := app.OpenKeys(cfg.Keys, seen.MeterProvider)
	if err != nil {
		return nil, err
	}
	issuers, err := cfg.Issuers()
	if err != nil {
		return nil, err
	}
	verifier, err := token.NewVerifier(keys.Tokens.Keys(), issuers, time.Now)
	if err != nil {
		return nil, err
	}
	self := access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/gateway"}
	return gateway.New(gateway.Config{
		Verifier: verifier, Token: keys.Tokens.Renewing(self, time.Hour), TrustedProxies: cfg.TrustedProxies,
		Conns: conns, OpenAPI: contract.OpenAPI, PublicURL: cfg.PublicURL, CORSOrigins: cfg.CORS, Sandbox: cfg.Sandbox, JWKS: keys.Tokens, Signer: keys.Links,
		Timeout: 30 * time.Second, MaxStreams: cfg.MaxStreams, Log: seen.Logger,
		Tracer: seen.TracerProvider.Tracer("kept.dev/gateway"), Meter: seen.MeterProvider.Meter("kept.dev/gateway"),
	})
}
