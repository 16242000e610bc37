package customer

import (
	"context"

	"kept.dev/kit/inbox"
	"kept.dev/kit/search"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// events keep what customers are found by: of those who come one by one as of those who are imported.
func (s *Service) events() []inbox.Handler {
	return inbox.In("search", inbox.OnAll("customer.search", onContactsChanged))
}

// How much it counts by what a customer is found.
const (
	nameWeight    = 2
	contactWeight = 3
)

func onContactsChanged(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomerContactChanged]) error {
	documents := make([]search.Document, len(events))
	for i, e := range events {
		documents[i] = search.Document{Name: e.Fact.GetCustomer(), Version: e.Version, Fields: []search.Field{
			{Text: e.Fact.GetDisplayName(), Weight: nameWeight},
			{Text: e.Fact.GetEmail(), Weight: contactWeight},
			{Text: e.Fact.GetPhone(), Weight: contactWeight},
		}}
	}
	return found.Put(tx, documents...)
}
