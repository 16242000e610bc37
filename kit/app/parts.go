package app

import (
	"context"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"kept.dev/kit/chain"
	"kept.dev/kit/process"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/tlsconf"
)

// Telemetry is how a process is observed, with the level of its log, which can be changed while it runs.
type Telemetry struct {
	*telemetry.Telemetry
	Level *slog.LevelVar
}

// Observe sets up telemetry by the settings.
func (c Common) Observe(ctx context.Context, service string) (Telemetry, error) {
	level := &slog.LevelVar{}
	level.Set(c.LogLevel)
	t, err := telemetry.Setup(ctx, telemetry.Config{
		Service: service, Version: Version(), OTLPEndpoint: c.OTLP, SampleRatio: c.SampleRatio, LogLevel: level,
		LogFormat: logFormat(c.LogFormat),
	})
	return Telemetry{t, level}, err
}

// logFormat is the log's format where auto leaves it to who reads.
func logFormat(set string) string {
	if set != "auto" {
		return set
	}
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return "text"
	}
	return "json"
}

// version is set by the linker in a release.
var version string

// Version is the version of the build: the release's, or the revision it was built from.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}

// Part sends at the end what has not been sent. Put it first: then it stops last.
func (s Telemetry) Part() process.Part { return process.Part{Name: "telemetry", Stop: s.Shutdown} }

// adminConnections are those of the port for operators. They are its own, so that clients can't take them.
const adminConnections = 64

// grpcConnections is how many connections a server of gRPC takes. Each carries many calls.
const grpcConnections = 4096

// AdminPart serves those who run the process. settings is what process.Parse has filled.
func (c Common) AdminPart(settings any, observed Telemetry, readiness *process.Readiness) process.Part {
	return process.HTTP("admin", c.AdminListen, adminConnections, process.Admin(process.AdminConfig{
		Readiness: readiness, Metrics: observed.Handler(), Config: settings, LogLevel: observed.Level,
	}))
}

// streamWorkers is how many calls are handled on goroutines that live on; more calls get goroutines of their own.
const streamWorkers = 64

// Callers look for new replicas when a connection ends, so it does now and then; streams on it may go on for long.
const (
	connectionAge   = 5 * time.Minute
	connectionGrace = time.Hour
)

// NewServer makes a gRPC server with the chain, health and reflection.
func NewServer(chain *chain.Chain, source *tlsconf.Source, health grpc_health_v1.HealthServer) *grpc.Server {
	options := []grpc.ServerOption{
		grpc.UnaryInterceptor(chain.Unary()), grpc.StreamInterceptor(chain.Stream()),
		grpc.MaxRecvMsgSize(1 << 20), grpc.MaxConcurrentStreams(1000),
		grpc.NumStreamWorkers(streamWorkers), // whose stacks have grown already
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: connectionAge, MaxConnectionAgeGrace: connectionGrace}),
	}
	if source != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(source.Server())))
	}
	server := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(server, health)
	reflection.Register(server)
	return server
}

// GRPCPart serves gRPC. When it stops, calls that are under way are finished.
func GRPCPart(address string, server *grpc.Server) process.Part {
	var listener net.Listener
	return process.Part{
		Name: "grpc",
		Start: func(ctx context.Context) (err error) {
			listener, err = process.Listen(ctx, address, grpcConnections)
			return err
		},
		Run: func(context.Context) error { return server.Serve(listener) },
		Stop: func(ctx context.Context) error {
			cut := context.AfterFunc(ctx, server.Stop)
			defer cut()
			server.GracefulStop()
			return nil
		},
	}
}

// startupTime is how long after the last start the workers have made their first round, and peers have been connected to.
const startupTime = time.Second

// ReleaseMemoryPart gives back to the machine what only starting has needed, such as the migrations' buffers. Put it last.
func ReleaseMemoryPart() process.Part {
	return process.Part{Name: "release memory", Run: func(ctx context.Context) error {
		select {
		case <-time.After(startupTime):
			process.GiveBack()
		case <-ctx.Done():
		}
		return nil
	}}
}

// StreamsPart ends the streams when it stops. Put it behind the server, which would wait for them.
func StreamsPart(end func()) process.Part {
	return process.Part{Name: "streams", Stop: func(context.Context) error { end(); return nil }}
}

// tables has the tables up to date: by this process, or by whoever else does it.
func (r *replica) tables(ctx context.Context) error {
	if r.cfg.AwaitSchema {
		return r.host.AwaitSchema(ctx)
	}
	return r.host.Migrate(ctx)
}

// parts are what a replica is made of. It serves last and is out of the balance first.
func (r *replica) parts(observed Telemetry) []process.Part {
	readiness := process.NewReadiness([]string{r.name},
		process.Check{Name: "database", Probe: r.host.DB.Ping},
		process.Check{Name: "redis", Probe: r.runtime.Bus.Ping, Optional: true}) // events wait in the outbox
	server := NewServer(r.host.Chain, r.tls, readiness.Health())
	r.host.Register(server)
	parts := []process.Part{
		observed.Part(), r.cfg.AdminPart(&r.cfg, observed, readiness), r.cfg.ProbePart(readiness),
		{Name: "database", Start: r.tables},
	}
	if r.world != nil { // before all that asks what time it is
		parts = append(parts, process.Part{Name: "sandbox", Start: r.world.Begin, Run: r.world.Run})
	}
	return append(parts, process.Part{Name: "workers", Run: r.host.Run}, process.Part{Name: "live", Run: r.live.Run},
		GRPCPart(r.cfg.Listen, server), StreamsPart(r.live.Close), readiness.Part(), ReleaseMemoryPart())
}
