// Package app runs services: one in a process of its own, or several in one.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/audit"
	"kept.dev/kit/bus"
	"kept.dev/kit/chain"
	"kept.dev/kit/clock"
	"kept.dev/kit/inbox"
	"kept.dev/kit/keyring"
	"kept.dev/kit/live"
	"kept.dev/kit/ops"
	"kept.dev/kit/outbox"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/schema"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Runtime are what a process gives to the services in it.
type Runtime struct {
	Process  string // different after every start
	Bus      bus.Bus
	Clock    clock.Clock
	Log      *slog.Logger
	Tracer   trace.TracerProvider
	Meter    metric.MeterProvider
	Verifier chain.Verifier
	Limiter  ratelimit.Limiter
	Activity *telemetry.Activity
	// Validator knows the contract's rules; one is made for each service when it is nil.
	Validator protovalidate.Validator
	Peer      func(service string) grpc.ClientConnInterface
	Live      live.Hub
	Signer    *keyring.Signer
	Mail      kit.Mail
	// Connections are how many connections each service's database has.
	Connections sqldb.Connections
	// RelayLease and OutsideLease are after how long another replica takes over from one that died; zero for the default.
	RelayLease, OutsideLease time.Duration
	// Sandbox is set in a sandbox: what moves the clock, and what brings this process's clock up to date.
	Sandbox      opsv1.SandboxServiceServer
	RefreshClock func(context.Context) error
}

// Host is one service in a process, with all that works for it.
type Host struct {
	Service *kit.Service
	DB      *sqldb.DB
	Chain   *chain.Chain

	runtime Runtime
	outbox  *outbox.Outbox
	relay   *outbox.Relay
	worker  *timer.Worker
	inbox   *inbox.Inbox
	reads   *audit.Reads
}

// NewHost opens the service's database and puts the service together. Nothing runs yet.
func NewHost(ctx context.Context, name string, make kit.New, database string, runtime Runtime) (*Host, error) {
	log := runtime.Log.With("service", name)
	sizes, err := groupSizes(runtime.Meter.Meter(name), name)
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, sqldb.Config{
		URL: database, Connections: runtime.Connections, OnGroup: sizes, OnFault: func(err error) {
			log.Error("the database can't be used", "error", err)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	h := &Host{DB: db, runtime: runtime, outbox: outbox.New(name, runtime.Clock), reads: audit.NewReads(db, log)}
	h.Service, err = make(kit.Deps{
		DB: db, Clock: runtime.Clock, Outbox: h.outbox, Behind: h.behind, Log: log, Meter: runtime.Meter.Meter(name), Peer: runtime.Peer,
		Live: runtime.Live, Signer: runtime.Signer, Mail: runtime.Mail,
	})
	if err == nil {
		err = inbox.Check(h.Service.Events())
	}
	if err == nil {
		h.Chain, err = NewChain(runtime, log, h.reads, h.Register)
	}
	if err == nil {
		err = h.observe(runtime.Meter.Meter(name))
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	h.makeWorkers(log)
	return h, nil
}

// NewChain reads the access rules of all that is registered: nothing is served with an RPC that has none.
func NewChain(runtime Runtime, log *slog.Logger, reads chain.Reads, register func(grpc.ServiceRegistrar)) (*chain.Chain, error) {
	probe := grpc.NewServer()
	register(probe)
	descriptors, err := access.Described(probe)
	if err != nil {
		return nil, err
	}
	rules, err := access.Rules(descriptors...)
	if err != nil {
		return nil, err
	}
	validator := runtime.Validator
	if validator == nil {
		if validator, err = chain.NewValidator(descriptors...); err != nil {
			return nil, err
		}
	}
	return chain.New(chain.Config{
		Log: log, Tracer: runtime.Tracer.Tracer("kept.dev/kit/chain"), Meter: runtime.Meter.Meter("kept.dev/kit/chain"),
		Verifier: runtime.Verifier, Rules: rules, Limiter: runtime.Limiter, Validator: validator, Reads: reads, Activity: runtime.Activity,
		Unbounded: []string{opsv1.SandboxService_AdvanceClock_FullMethodName},
	}), nil
}

// makeWorkers makes what works for the service: relay, timers, inbox.
func (h *Host) makeWorkers(log *slog.Logger) {
	tracer := h.runtime.Tracer.Tracer("kept.dev/kit/app")
	h.worker = timer.NewWorker(timer.Config{
		Service: h.Service.Name, DB: h.DB, Clock: h.runtime.Clock, Log: log, Tracer: tracer, Activity: h.runtime.Activity,
		Lease: h.runtime.OutsideLease,
	})
	h.Service.Timers(h.worker)
	h.inbox = inbox.New(inbox.Config{
		Service: h.Service.Name, DB: h.DB, Clock: h.runtime.Clock, Log: log, Tracer: tracer, Activity: h.runtime.Activity, Handlers: h.Service.Events(),
		Refresh: h.runtime.RefreshClock,
	}, h.worker)
	h.runtime.Bus.Expect(h.inbox.Named()...)
	h.relay = outbox.NewRelay(outbox.RelayConfig{
		DB: h.DB, Bus: h.runtime.Bus, Outbox: h.outbox, Source: h.Service.Name, Log: log, Activity: h.runtime.Activity,
		Lease: h.runtime.RelayLease,
	})
}

// Reads notes what employees read of what the service keeps.
func (h *Host) Reads() *audit.Reads { return h.reads }

// Register registers all that the service serves: its own and what every service has.
func (h *Host) Register(r grpc.ServiceRegistrar) {
	h.Service.Register(r)
	opsv1.RegisterDeadLetterServiceServer(r, &ops.DeadLetters{
		Service: h.Service.Name, DB: h.DB, Clock: h.runtime.Clock, Wake: h.wake,
	})
	opsv1.RegisterAuditServiceServer(r, &ops.Audit{Service: h.Service.Name, DB: h.DB})
	opsv1.RegisterActivityServiceServer(r, &ops.Activity{
		Service: h.Service.Name, Process: h.runtime.Process, DB: h.DB, Bus: h.runtime.Bus, Clock: h.runtime.Clock,
		Counter: h.runtime.Activity, Refresh: h.runtime.RefreshClock, Kinds: h.kinds, Wake: h.wake,
	})
	if h.runtime.Sandbox != nil {
		opsv1.RegisterSandboxServiceServer(r, h.runtime.Sandbox)
	}
}

func (h *Host) kinds() []string { return h.worker.Kinds() }

func (h *Host) wake() {
	h.worker.Wake()
	h.outbox.Nudge()
}

// Migrate brings the tables up to date, under a lock: replicas may start together.
func (h *Host) Migrate(ctx context.Context) error {
	if err := h.DB.Migrate(ctx, schema.Files, schema.Version); err != nil {
		return fmt.Errorf("%s: migrate: %w", h.Service.Name, err)
	}
	if err := h.DB.Migrate(ctx, h.Service.Migrations, "schema_version"); err != nil {
		return fmt.Errorf("%s: migrate: %w", h.Service.Name, err)
	}
	return nil
}

// AwaitSchema waits until the tables are as this build needs them: another process migrates.
func (h *Host) AwaitSchema(ctx context.Context) error {
	h.runtime.Log.Info("waiting for the tables", "service", h.Service.Name)
	if err := h.DB.AwaitSchema(ctx, schema.Files, schema.Version); err != nil {
		return fmt.Errorf("%s: tables: %w", h.Service.Name, err)
	}
	if err := h.DB.AwaitSchema(ctx, h.Service.Migrations, "schema_version"); err != nil {
		return fmt.Errorf("%s: tables: %w", h.Service.Name, err)
	}
	return nil
}

// Inherit takes over at once what a process that died had leased, instead of waiting until that runs out. Only a process
// that is certainly the only one on its database may do so.
func (h *Host) Inherit(ctx context.Context) error {
	err := h.DB.Background().Update(ctx, "inherit", func(tx *sqldb.Tx) error {
		tx.Exec(`update lease set until = 0 where until > 0`)
		tx.Exec(`update timer set leased = 0 where leased > 0`)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: take over leases: %w", h.Service.Name, err)
	}
	return nil
}

// Run works until the context ends: it publishes the service's events, takes in those of others, carries out timers
// and tidies up.
func (h *Host) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return h.consume(ctx) })
	group.Go(func() error { return h.relay.Run(ctx) })
	group.Go(func() error { return h.worker.Run(ctx) })
	group.Go(func() error { return h.reads.Run(ctx) })
	group.Go(func() error { return h.tidy(ctx) })
	return group.Wait()
}

// Close closes the database.
func (h *Host) Close() { h.DB.Close() }
