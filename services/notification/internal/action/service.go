// Package action serves ActionService: what customers do from messages.
package action

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/keyring"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements ActionService.
type Service struct {
	notificationv1.UnimplementedActionServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
	signer *keyring.Signer
	peer   func(service string) grpc.ClientConnInterface
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox, signer: deps.Signer, peer: deps.Peer}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "action",
		Register: func(r grpc.ServiceRegistrar) { notificationv1.RegisterActionServiceServer(r, s) },
		Timers:   func(w *timer.Worker) { w.HandleOutside(reconcile, s.reconcileAction) },
	}
}

// shortages is the client of the order service, where choices about shortages are carried out.
func (s *Service) shortages() orderv1.ShortageServiceClient {
	return orderv1.NewShortageServiceClient(s.peer("order"))
}

// reconcile is the timer that finds out what became of an action whose process died, by the message's id and the choice.
var reconcile = timer.Outside("action.reconcile")
