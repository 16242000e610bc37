// Package message serves MessageService: what customers were told. It hears the facts that customers have to know, puts each
// into words once, and brings the words to the customer's inbox and mailbox.
package message

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/keyring"
	"kept.dev/kit/live"
	"kept.dev/kit/localcopy"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/internal/template"
)

// Service implements MessageService and sends messages.
type Service struct {
	notificationv1.UnimplementedMessageServiceServer
	db        *sqldb.DB
	clock     clock.Clock
	outbox    *outbox.Outbox
	live      live.Hub
	peer      func(service string) grpc.ClientConnInterface
	signer    *keyring.Signer
	resend    bool
	publicURL string
	templates *template.Service
	contacts  *contact.Contacts
	company   *localcopy.Company
	sender    mailer.Sender
	ends      metric.Int64Counter
	planners  []planner
}

// New makes the service. Mails go out by the sender.
func New(
	deps kit.Deps, templates *template.Service, contacts *contact.Contacts, company *localcopy.Company, sender mailer.Sender,
) (*Service, error) {
	ends, err := deps.Meter.Int64Counter("kept_deliveries_total",
		metric.WithDescription("Messages that have come to their end over a channel, by channel and state"))
	if err != nil {
		return nil, err
	}
	return &Service{
		db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, live: deps.Live, peer: deps.Peer, signer: deps.Signer,
		resend: deps.Mail.Resend, publicURL: deps.Mail.PublicURL,
		templates: templates, contacts: contacts, company: company, sender: sender, ends: ends,
		planners: planners(),
	}, nil
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "message",
		Register: func(r grpc.ServiceRegistrar) { notificationv1.RegisterMessageServiceServer(r, s) },
		Events:   s.events(),
		Timers: func(w *timer.Worker) {
			w.HandleOutside(composition, s.compose)
			w.HandleOutside(contact.CodeWanted, s.mailCode)
			w.Handle(contact.Confirmed, s.mailWaiting)
			timer.HandleMany(w, sending, timer.Many[result]{
				AtOnce: mailsPerConnection * mailer.Connections(s.sender), Start: s.sendMails, Finish: s.finish,
			})
		},
	}
}

// The timers of messages: words that have to be fetched first, by the event's id, and mails, by the message's id.
var (
	composition = timer.Outside("message.compose")
	sending     = timer.Outside("message.send")
)

// mailsPerConnection is how many mails are under way for each connection to the mail server: one is being sent, and the others, begun or
// ended, keep the connection from waiting for the database. Those that wait for a slow server for too long have to be put off.
const mailsPerConnection = 4

// count counts the ends of deliveries, once they are written down.
func (s *Service) count(
	ctx context.Context, tx *sqldb.Tx, channel typepb.Channel, state notificationv1.Message_State, ends int,
) {
	tx.AfterCommit(func() {
		s.ends.Add(ctx, int64(ends), metric.WithAttributes(
			attribute.String("channel", channel.String()), attribute.String("state", state.String())))
	})
}

const collection = "messages/"
