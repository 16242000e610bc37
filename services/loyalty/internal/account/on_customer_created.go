package account

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// onCustomerCreated opens the customer's account in the main programme.
func (s *Service) onCustomerCreated(
	_ context.Context, tx *sqldb.Tx, _ event.Event, created *customerv1.CustomerCreated,
) error {
	open(tx, s.clock.Now(), holder{mainProgram, customerID(created.GetCustomer())})
	return nil
}
