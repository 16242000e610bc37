package account

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// onCustomersImported opens the customers' accounts in the main programme.
func (s *Service) onCustomersImported(
	_ context.Context, tx *sqldb.Tx, _ event.Event, imported *customerv1.CustomersImported,
) error {
	holders := make([]holder, len(imported.GetCustomers()))
	for i, customer := range imported.GetCustomers() {
		holders[i] = holder{mainProgram, customerID(customer)}
	}
	open(tx, s.clock.Now(), holders...)
	return nil
}
