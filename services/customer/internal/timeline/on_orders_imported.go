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
	var ids []string
	entries := map[string]*customerv1.TimelineEntry{}
	for _, o := range imported.GetOrders() {
		ids = append(ids, orderID(o.GetOrder()))
		if o.GetCustomer() != "" {
			entries[orderID(o.GetOrder())] = importedOrder(e, o)
		}
	}
	ids, err := replace(tx, e, ids)
	if err != nil {
		return err
	}
	var entered []*customerv1.TimelineEntry
	for _, id := range ids {
		if entry, there := entries[id]; there {
			entered = append(entered, entry)
		}
	}
	return s.enter(tx, entered...)
}

// onImportedOrdersRemoved takes orders out of timelines that an import had brought.
func (s *Service) onImportedOrdersRemoved(_ context.Context, tx *sqldb.Tx, e event.Event, removed *orderv1.ImportedOrdersRemoved) error {
	ids := make([]string, len(removed.GetOrders()))
	for i, o := range removed.GetOrders() {
		ids[i] = orderID(o.GetOrder())
	}
	_, err := replace(tx, e, ids)
	return err
}

const (
	insertImported = `insert into timeline_imported (order_id, said) values`
	ifSaidLater    = `
		on conflict (order_id) do update set said = excluded.said where timeline_imported.said <= excluded.said
		returning order_id`
)

// replace takes out what was said of imported orders before an event, and returns those of which nothing later has been heard: what
// several replicas hear, they hear in any order.
func replace(tx *sqldb.Tx, e event.Event, ids []string) ([]string, error) {
	slices.Sort(ids) // everybody locks them in this order
	ids = slices.Compact(ids)
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id, e.Time.UnixMicro()}
	}
	heard, err := tx.BatchValues(insertImported, rows, ifSaidLater)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	counting, err := sqldb.All(heard, func(r *sqldb.Rows) (id string, err error) { return id, r.Scan(&id) })
	for some := range slices.Chunk(counting, 500) {
		list, args := sqldb.List(1, some)
		tx.Exec(`delete from timeline_entry where id in `+list, args...)
	}
	return counting, err
}

func orderID(name string) string { return strings.TrimPrefix(name, "orders/") }

func importedOrder(e event.Event, o *orderv1.OrdersImported_Order) *customerv1.TimelineEntry {
	facts := factsOf(o.ProtoReflect())
	delete(facts, "place_time") // it is the entry's time
	delete(facts, "version")
	return &customerv1.TimelineEntry{
		Name:      o.GetCustomer() + collection + orderID(o.GetOrder()),
		EventTime: o.GetPlaceTime(), Source: e.Source, EventType: e.Type,
		Resource: o.GetOrder(), About: o.GetOrder(), Channel: o.GetChannel(), Details: facts,
	}
}
