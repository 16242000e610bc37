package timeline

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/inbox"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// fact is what any event about a customer says.
type fact interface {
	proto.Message
	GetCustomer() string
}

// events are the facts that make up a timeline: all but those that services only say to each other, which are PromiseDue and
// RemedyRequired.
func (s *Service) events() []inbox.Handler {
	return []inbox.Handler{
		inbox.OnTypes[fact]("timeline.fact", s.onFacts,
			(*customerv1.CustomerCreated)(nil), (*customerv1.CustomerContactChanged)(nil), (*customerv1.CustomerClassChanged)(nil),
			(*orderv1.OrderPlaced)(nil), (*orderv1.OrderPicked)(nil), (*orderv1.OrderShipped)(nil),
			(*orderv1.OrderDelivered)(nil), (*orderv1.OrderCancelled)(nil), (*orderv1.OrderDelayed)(nil),
			(*orderv1.OrderReturned)(nil), (*orderv1.RefundRequested)(nil), (*orderv1.RefundSettled)(nil),
			(*orderv1.ShortageReported)(nil), (*orderv1.ShortageAnswered)(nil),
			(*promisev1.PromiseMade)(nil), (*promisev1.PromiseAtRisk)(nil), (*promisev1.PromiseKept)(nil),
			(*promisev1.PromiseBroken)(nil), (*promisev1.PromiseReleased)(nil),
			(*loyaltyv1.PointsPosted)(nil),
			(*notificationv1.MessageAccepted)(nil), (*notificationv1.DeliveryCompleted)(nil), (*notificationv1.ActionTaken)(nil),
			(*supportv1.CaseOpened)(nil), (*supportv1.CaseContacted)(nil), (*supportv1.CaseAssigned)(nil),
			(*supportv1.CaseEscalated)(nil), (*supportv1.InterimReplyGiven)(nil), (*supportv1.CaseReplied)(nil),
			(*supportv1.CaseClosed)(nil)),
		inbox.On("timeline.customers-imported", s.onCustomersImported),
		inbox.On("timeline.orders-imported", s.onOrdersImported),
		inbox.On("timeline.imported-orders-removed", s.onImportedOrdersRemoved),
	}
}

// onFacts enters events in their customers' timelines and tells who follows them.
func (s *Service) onFacts(_ context.Context, tx *sqldb.Tx, events []inbox.Of[fact]) error {
	var entries []*customerv1.TimelineEntry
	for _, e := range events {
		if e.Fact.GetCustomer() != "" { // otherwise it happened to nobody whose timeline there is
			entries = append(entries, entryOf(e.Event, e.Fact))
		}
	}
	return s.enter(tx, entries...)
}

// enter writes entries and tells who follows their timelines. Nothing is read, so that a batch of events is entered in one
// round trip.
func (s *Service) enter(tx *sqldb.Tx, entries ...*customerv1.TimelineEntry) error {
	if err := insert(tx, time.Now(), entries...); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		for whose := range owners(entries) {
			s.live.Say(whose)
		}
	})
	return nil
}

// owners are whose the entries are, each once.
func owners(entries []*customerv1.TimelineEntry) map[string]bool {
	set := map[string]bool{}
	for _, e := range entries {
		customer, _, _ := strings.Cut(e.GetName(), collection)
		set[customer] = true
	}
	return set
}
