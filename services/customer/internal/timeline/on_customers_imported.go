package timeline

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// onCustomersImported begins the timeline of each customer who was imported. The event's id and the customer's number in it make
// the entry's id.
func (s *Service) onCustomersImported(
	_ context.Context, tx *sqldb.Tx, e event.Event, imported *customerv1.CustomersImported,
) error {
	var entries []*customerv1.TimelineEntry
	for i, customer := range imported.GetCustomers() {
		entries = append(entries, &customerv1.TimelineEntry{
			Name: fmt.Sprint(customer, collection, e.ID, "-", i+1), EventTime: timestamppb.New(e.Time), Source: e.Source, EventType: e.Type,
			Resource: customer, About: customer, Details: map[string]string{"issuer": imported.GetIssuer()},
		})
	}
	return s.enter(tx, entries...)
}
