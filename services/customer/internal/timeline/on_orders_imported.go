package timeline

import (
	"context"
	"slices"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersImported enters each order in its customer's timeline, at the time when it was placed. The order's id is the entry's. One that
// has been told of before is entered anew: a later file has said otherwise.
func (s *Service) onOrdersImported(_ context.Context, tx *sqldb.Tx, e event.Event, imported *orderv1.OrdersImported) error {
	var entries []*customerv1.TimelineEntry
	var changed []string
	for _, o := range imported.GetOrders() {
		if o.GetCustomer() == "" {
			continue
		}
		entries = append(entries, importedOrder(e, o))
		if o.GetVersion() > 1 {
			changed = append(changed, strings.TrimPrefix(o.GetOrder(), "orders/"))
		}
	}
	remove(tx, changed)
	return s.enter(tx, entries...)
}

// onImportedOrdersRemoved takes orders out of timelines that an import had brought.
func (s *Service) onImportedOrdersRemoved(_ context.Context, tx *sqldb.Tx, _ event.Event, removed *orderv1.ImportedOrdersRemoved) error {
	var ids []string
	for _, o := range removed.GetOrders() {
		ids = append(ids, strings.TrimPrefix(o.GetOrder(), "orders/"))
	}
	remove(tx, ids)
	return nil
}

// remove takes out entries of imported orders.
func remove(tx *sqldb.Tx, ids []string) {
	for some := range slices.Chunk(ids, 500) {
		list, args := sqldb.List(1, some)
		tx.Exec(`delete from timeline_entry where id in `+list, args...)
	}
}

func importedOrder(e event.Event, o *orderv1.OrdersImported_Order) *customerv1.TimelineEntry {
	facts := factsOf(o.ProtoReflect())
	delete(facts, "place_time") // it is the entry's time
	delete(facts, "version")
	return &customerv1.TimelineEntry{
		Name:      o.GetCustomer() + collection + strings.TrimPrefix(o.GetOrder(), "orders/"),
		EventTime: o.GetPlaceTime(), Source: e.Source, EventType: e.Type,
		Resource: o.GetOrder(), About: o.GetOrder(), Channel: o.GetChannel(), Details: facts,
	}
}
