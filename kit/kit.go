// Package kit is what a service is given and what it hands back. A service cannot tell in which shape it runs.
package kit

import (
	"io/fs"
	"log/slog"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	"kept.dev/kit/clock"
	"kept.dev/kit/inbox"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// Deps is what a service is given.
type Deps struct {
	DB     *sqldb.DB
	Clock  clock.Clock
	Outbox *outbox.Outbox
	Log    *slog.Logger
	Meter  metric.Meter
	// Peer is the connection to another service, by its name.
	Peer func(service string) grpc.ClientConnInterface
}

// Service is what a service hands back. Nothing in it has run yet: its tables may not be there.
type Service struct {
	// Name is the service's name, such as "order": of its database, its events and its address.
	Name string
	// Migrations make its tables.
	Migrations fs.FS
	// Register registers its gRPC services.
	Register func(grpc.ServiceRegistrar)
	// Events are the events of others, and its own, that it takes in.
	Events []inbox.Handler
	// Timers names the handlers of its timers.
	Timers func(*timer.Worker)
}

// New makes a service.
type New func(Deps) (*Service, error)
