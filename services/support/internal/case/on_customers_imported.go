package cases

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// onCustomersImported remembers that the customers exist, so that cases need not ask.
func (s *Service) onCustomersImported(
	_ context.Context, tx *sqldb.Tx, _ event.Event, imported *customerv1.CustomersImported,
) error {
	s.knownCustomers().Keep(tx, imported.GetCustomers()...)
	return nil
}
