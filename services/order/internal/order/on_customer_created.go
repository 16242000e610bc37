package order

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// onCustomerCreated remembers that the customer exists, so that orders need not ask.
func (s *Service) onCustomerCreated(
	_ context.Context, tx *sqldb.Tx, _ event.Event, created *customerv1.CustomerCreated,
) error {
	s.knownCustomers().Keep(tx, created.GetCustomer())
	return nil
}
