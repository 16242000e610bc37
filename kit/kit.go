// Package kit is what a service is given and what it hands back. A service cannot tell in which shape it runs.
package kit

import (
	"context"
	"io/fs"
	"log/slog"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	"kept.dev/kit/clock"
	"kept.dev/kit/inbox"
	"kept.dev/kit/keyring"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// Deps is what a service is given.
type Deps struct {
	DB     *sqldb.DB
	Clock  clock.Clock
	Outbox *outbox.Outbox
	// Behind is how many of the service's events some other service has not handled yet. Whoever produces in bulk waits
	// while there are many.
	Behind func(context.Context) (int64, error)
	Log    *slog.Logger
	Meter  metric.Meter
	// Peer is the connection to another service, by its name.
	Peer func(service string) grpc.ClientConnInterface
	// Live tells streams that there is something new.
	Live live.Hub
	// Signer signs links.
	Signer *keyring.Signer
	// Mail says how mail leaves the company.
	Mail Mail
}

// Mail says how mail leaves the company.
type Mail struct {
	// SMTP is the server, smtp://user:password@host:587 or smtps://host:465. Without one mails go into the folder.
	SMTP string
	// From is the sender, such as "The Shop <service@shop.example>".
	From string
	// Folder takes the mails, one file each, where there is no server.
	Folder string
	// Resend sends a mail again of which it can't be known whether it went out.
	Resend bool
	// PublicURL is where customers reach the front door, for the links in mails: "https://shop.example".
	PublicURL string
}

// Service is what a service hands back. Nothing in it has run yet: its tables may not be there.
type Service struct {
	// Name is the service's name, such as "order": of its database, its events and its address.
	Name string
	// Migrations make its tables.
	Migrations fs.FS
	// Capabilities are all that it does.
	Capabilities []Capability
}

// Capability is one gRPC service with all that belongs to it, in one value, so that none of it can be forgotten.
type Capability struct {
	// Name is the name of its package, such as "wishlist".
	Name string
	// Register registers the gRPC service. A capability that only listens has none.
	Register func(grpc.ServiceRegistrar)
	// Events are the events of others, and the service's own, that it reacts to.
	Events []inbox.Handler
	// Timers names the handlers of its timers. A capability without timers has none.
	Timers func(*timer.Worker)
}

// Register registers the gRPC services of all capabilities.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	for _, c := range s.Capabilities {
		if c.Register != nil {
			c.Register(r)
		}
	}
}

// Events are the events that the capabilities react to.
func (s *Service) Events() []inbox.Handler {
	var all []inbox.Handler
	for _, c := range s.Capabilities {
		all = append(all, c.Events...)
	}
	return all
}

// Timers names the handlers of all capabilities' timers.
func (s *Service) Timers(w *timer.Worker) {
	for _, c := range s.Capabilities {
		if c.Timers != nil {
			c.Timers(w)
		}
	}
}

// New makes a service.
type New func(Deps) (*Service, error)
