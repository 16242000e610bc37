package app

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/keyring"
	"kept.dev/kit/live"
	"kept.dev/kit/telemetry"
)

// MigrateConfig are the settings of the command migrate: it needs the database and nothing else.
type MigrateConfig struct {
	Database  string     `help:"PostgreSQL address, postgres://user:password@host/name, or sqlite:path." required:"" secret:"" group:"Storage"`
	LogLevel  slog.Level `help:"debug, info, warn or error." default:"info" group:"Observability"`
	LogFormat string     `help:"text, json, or auto: text on a terminal and json elsewhere." enum:"text,json,auto" default:"auto" group:"Observability"`
}

// Migrate brings a service's tables up to date and returns. Several may do so at once: one migrates, the others wait.
func Migrate(ctx context.Context, name string, make kit.New, cfg MigrateConfig) error {
	observed, err := Common{LogLevel: cfg.LogLevel, LogFormat: cfg.LogFormat}.Observe(ctx, name)
	if err != nil {
		return err
	}
	host, err := NewHost(ctx, name, make, cfg.Database, idle(observed.Logger))
	if err != nil {
		return err
	}
	defer host.Close()
	if err := host.Migrate(ctx); err != nil {
		return err
	}
	observed.Logger.Info("the tables are up to date", "version", Version())
	return nil
}

// idle surrounds a service that does not work, but says what tables it has.
func idle(log *slog.Logger) Runtime {
	return Runtime{
		Process: "migrate", Bus: bus.NewLocal(), Clock: clock.Wall{}, Log: log, Activity: &telemetry.Activity{},
		Tracer: tracenoop.NewTracerProvider(), Meter: noop.NewMeterProvider(), Live: live.NewLocal(),
		Mail:   kit.Mail{SMTP: "smtp://127.0.0.1:25", From: "Kept <no-reply@localhost>"}, // nothing is dialled
		Signer: keyring.NewSigner(make([]byte, 32)), Peer: func(string) grpc.ClientConnInterface { return nil },
	}
}
