package timeline

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
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
		on[*customerv1.CustomerCreated](s), on[*customerv1.CustomerContactChanged](s), inbox.On(s.onCustomersImported),
		on[*orderv1.OrderPlaced](s), on[*orderv1.OrderPicked](s), on[*orderv1.OrderShipped](s),
		on[*orderv1.OrderDelivered](s), on[*orderv1.OrderCancelled](s), on[*orderv1.OrderDelayed](s),
		on[*orderv1.OrderReturned](s), on[*orderv1.RefundRequested](s), on[*orderv1.RefundSettled](s),
		on[*orderv1.ShortageReported](s), on[*orderv1.ShortageAnswered](s), inbox.On(s.onOrdersImported),
		on[*promisev1.PromiseMade](s), on[*promisev1.PromiseAtRisk](s), on[*promisev1.PromiseKept](s),
		on[*promisev1.PromiseBroken](s), on[*promisev1.PromiseReleased](s),
		on[*loyaltyv1.PointsPosted](s),
		on[*notificationv1.MessageAccepted](s), on[*notificationv1.DeliveryCompleted](s), on[*notificationv1.ActionTaken](s),
		on[*supportv1.CaseOpened](s), on[*supportv1.CaseContacted](s), on[*supportv1.CaseAssigned](s),
		on[*supportv1.CaseEscalated](s), on[*supportv1.InterimReplyGiven](s), on[*supportv1.CaseReplied](s),
		on[*supportv1.CaseClosed](s),
	}
}

func on[T fact](s *Service) inbox.Handler {
	return inbox.On(func(_ context.Context, tx *sqldb.Tx, e event.Event, fact T) error { return s.onEvent(tx, e, fact) })
}

// onEvent enters an event in the customer's timeline and tells who follows it.
func (s *Service) onEvent(tx *sqldb.Tx, e event.Event, fact fact) error {
	if fact.GetCustomer() == "" {
		return nil // it happened to nobody whose timeline there is
	}
	return s.enter(tx, entryOf(e, fact))
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
