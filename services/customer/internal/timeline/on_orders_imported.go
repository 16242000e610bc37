package timeline

import (
	"context"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersImported enters each order in its customer's timeline, at the time when it was placed. The order's id is the entry's.
func (s *Service) onOrdersImported(_ context.Context, tx *sqldb.Tx, e event.Event, imported *orderv1.OrdersImported) error {
	var entries []*customerv1.TimelineEntry
	for _, o := range imported.GetOrders() {
		if o.GetCustomer() != "" {
			entries = append(entries, importedOrder(e, o))
		}
	}
	return s.enter(tx, entries...)
}

func importedOrder(e event.Event, o *orderv1.OrdersImported_Order) *customerv1.TimelineEntry {
	facts := factsOf(o.ProtoReflect())
	delete(facts, "place_time") // it is the entry's time
	return &customerv1.TimelineEntry{
		Name:      o.GetCustomer() + collection + strings.TrimPrefix(o.GetOrder(), "orders/"),
		EventTime: o.GetPlaceTime(), Source: e.Source, EventType: e.Type,
		Resource: o.GetOrder(), About: o.GetOrder(), Channel: o.GetChannel(), Details: facts,
	}
}
