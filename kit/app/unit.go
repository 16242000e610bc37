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
	"kept.dev/kit/activity"
	"kept.dev/kit/audit"
	"kept.dev/kit/bus"
	"kept.dev/kit/chain"
	"kept.dev/kit/clock"
	"kept.dev/kit/inbox"
	"kept.dev/kit/live"
	"kept.dev/kit/ops"
	"kept.dev/kit/outbox"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/relay"
	"kept.dev/kit/schema"
	"kept.dev/kit/sign"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Surroundings are what a process gives to the services in it.
type Surroundings struct {
	Process  string // different after every start
	Bus      bus.Bus
	Clock    clock.Clock
	Log      *slog.Logger
	Tracer   trace.TracerProvider
	Meter    metric.MeterProvider
	Verifier chain.Verifier
	Limiter  ratelimit.Limiter
	Activity *activity.Counter
	// Validator knows the contract's rules; one is made for each service when it is nil.
	Validator protovalidate.Validator
	Peer      func(service string) grpc.ClientConnInterface
	Live      live.Hub
	Signer    *sign.Signer
	Mail      kit.Mail
	// Connections are how many connections each service's database has.
	Connections sqldb.Connections
	// RelayLease and OutsideLease are after how long another replica takes over from one that died; zero for the default.
	RelayLease, OutsideLease time.Duration
	// Sandbox is set in a sandbox: what moves the clock, and what brings this process's clock up to date.
	Sandbox      opsv1.SandboxServiceServer
	RefreshClock func(context.Context) error
}

// Unit is one service in a process, with all that works for it.
type Unit struct {
	Service *kit.Service
	DB      *sqldb.DB
	Chain   *chain.Chain

	around   Surroundings
	outbox   *outbox.Outbox
	relay    *relay.Relay
	worker   *timer.Worker
	consumer *inbox.Consumer
	reads    *audit.Reads
}

// NewUnit opens the service's database and puts the service together. Nothing runs yet.
func NewUnit(ctx context.Context, name string, make kit.New, database string, around Surroundings) (*Unit, error) {
	log := around.Log.With("service", name)
	sizes, err := groupSizes(around.Meter.Meter(name), name)
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, sqldb.Config{
		URL: database, Connections: around.Connections, OnGroup: sizes, OnFault: func(err error) {
			log.Error("the database can't be used", "error", err)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	u := &Unit{DB: db, around: around, outbox: outbox.New(name, around.Clock), reads: audit.NewReads(db, log)}
	u.Service, err = make(kit.Deps{
		DB: db, Clock: around.Clock, Outbox: u.outbox, Behind: u.behind, Reads: u.reads, Log: log, Meter: around.Meter.Meter(name), Peer: around.Peer,
		Live: around.Live, Signer: around.Signer, Mail: around.Mail,
	})
	if err == nil {
		u.Chain, err = NewChain(around, log, u.Register)
	}
	if err == nil {
		err = u.observe(around.Meter.Meter(name))
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	u.staff(log)
	return u, nil
}

// NewChain reads the access rules of all that is registered: nothing is served with an RPC that has none.
func NewChain(around Surroundings, log *slog.Logger, register func(grpc.ServiceRegistrar)) (*chain.Chain, error) {
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
	validator := around.Validator
	if validator == nil {
		if validator, err = chain.NewValidator(descriptors...); err != nil {
			return nil, err
		}
	}
	return chain.New(chain.Config{
		Log: log, Tracer: around.Tracer.Tracer("kept.dev/kit/chain"), Meter: around.Meter.Meter("kept.dev/kit/chain"),
		Verifier: around.Verifier, Rules: rules, Limiter: around.Limiter, Validator: validator, Activity: around.Activity,
		Unbounded: []string{opsv1.SandboxService_AdvanceClock_FullMethodName},
	}), nil
}

// staff hires the workers: relay, timers, consumer.
func (u *Unit) staff(log *slog.Logger) {
	tracer := u.around.Tracer.Tracer("kept.dev/kit/app")
	u.worker = timer.NewWorker(timer.Config{
		Service: u.Service.Name, DB: u.DB, Clock: u.around.Clock, Log: log, Tracer: tracer, Activity: u.around.Activity, Lease: u.around.OutsideLease,
	})
	u.Service.Timers(u.worker)
	u.consumer = inbox.New(inbox.Config{
		DB: u.DB, Clock: u.around.Clock, Log: log, Tracer: tracer, Activity: u.around.Activity, Handlers: u.Service.Events(),
		Refresh: u.around.RefreshClock,
	}, u.worker)
	u.relay = relay.New(relay.Config{
		DB: u.DB, Bus: u.around.Bus, Outbox: u.outbox, Source: u.Service.Name, Log: log, Activity: u.around.Activity,
		Lease: u.around.RelayLease,
	})
}

// Register registers all that the service serves: its own and what every service has.
func (u *Unit) Register(r grpc.ServiceRegistrar) {
	u.Service.Register(r)
	opsv1.RegisterDeadLetterServiceServer(r, &ops.DeadLetters{
		Service: u.Service.Name, DB: u.DB, Clock: u.around.Clock, Wake: u.wake,
	})
	opsv1.RegisterAuditServiceServer(r, &ops.Audit{Service: u.Service.Name, DB: u.DB})
	opsv1.RegisterActivityServiceServer(r, &ops.Activity{
		Service: u.Service.Name, Process: u.around.Process, DB: u.DB, Bus: u.around.Bus, Clock: u.around.Clock,
		Counter: u.around.Activity, Refresh: u.around.RefreshClock, Kinds: u.kinds, Wake: u.wake,
	})
	if u.around.Sandbox != nil {
		opsv1.RegisterSandboxServiceServer(r, u.around.Sandbox)
	}
}

func (u *Unit) kinds() []string { return u.worker.Kinds() }

func (u *Unit) wake() {
	u.worker.Wake()
	u.outbox.Nudge()
}

// Migrate brings the tables up to date, under a lock: replicas may start together.
func (u *Unit) Migrate(ctx context.Context) error {
	if err := u.DB.Migrate(ctx, schema.Files, schema.Version); err != nil {
		return fmt.Errorf("%s: migrate: %w", u.Service.Name, err)
	}
	if err := u.DB.Migrate(ctx, u.Service.Migrations, "schema_version"); err != nil {
		return fmt.Errorf("%s: migrate: %w", u.Service.Name, err)
	}
	return nil
}

// AwaitSchema waits until the tables are as this build needs them: another process migrates.
func (u *Unit) AwaitSchema(ctx context.Context) error {
	u.around.Log.Info("waiting for the tables", "service", u.Service.Name)
	if err := u.DB.AwaitSchema(ctx, schema.Files, schema.Version); err != nil {
		return fmt.Errorf("%s: tables: %w", u.Service.Name, err)
	}
	if err := u.DB.AwaitSchema(ctx, u.Service.Migrations, "schema_version"); err != nil {
		return fmt.Errorf("%s: tables: %w", u.Service.Name, err)
	}
	return nil
}

// Inherit takes over at once what a process that died had leased, instead of waiting until that runs out. Only a process
// that is certainly the only one on its database may do so.
func (u *Unit) Inherit(ctx context.Context) error {
	err := u.DB.Background().Update(ctx, "inherit", func(tx *sqldb.Tx) error {
		tx.Exec(`update lease set until = 0 where until > 0`)
		tx.Exec(`update timer set leased = 0 where leased > 0`)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: take over leases: %w", u.Service.Name, err)
	}
	return nil
}

// Run works until the context ends: it publishes the service's events, takes in those of others, carries out timers
// and tidies up.
func (u *Unit) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return u.around.Bus.Consume(ctx, u.Service.Name, u.consumer.Handle) })
	group.Go(func() error { return u.relay.Run(ctx) })
	group.Go(func() error { return u.worker.Run(ctx) })
	group.Go(func() error { return u.reads.Run(ctx) })
	group.Go(func() error { return u.tidy(ctx) })
	return group.Wait()
}

// Close closes the database.
func (u *Unit) Close() { u.DB.Close() }
