package contact

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// onCustomerContactChanged notes how a customer can be reached now. News may overtake each other; the latest stands.
func (b *Book) onCustomerContactChanged(
	_ context.Context, tx *sqldb.Tx, e event.Event, changed *customerv1.CustomerContactChanged,
) error {
	Keep(tx, Contact{
		Customer: changed.GetCustomer(), DisplayName: changed.GetDisplayName(), LanguageCode: changed.GetLanguageCode(),
		Email: changed.GetEmail(), version: e.Version,
	})
	return nil
}
