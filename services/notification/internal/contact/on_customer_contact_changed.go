package contact

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// The timers that a confirmation of an address begins and ends with: a code is to be mailed, by the confirmation's id, and what
// waited for the confirmation may be mailed, by the customer's id.
var (
	CodeWanted = timer.Outside("contact.code")
	Confirmed  = timer.Local("contact.confirmed")
)

// onCustomerContactChanged notes how a customer can be reached now. News may overtake each other; the latest stands.
func (b *Book) onCustomerContactChanged(
	ctx context.Context, tx *sqldb.Tx, e event.Event, changed *customerv1.CustomerContactChanged,
) error {
	Keep(tx, Contact{
		Customer: changed.GetCustomer(), DisplayName: changed.GetDisplayName(), LanguageCode: changed.GetLanguageCode(),
		Email: changed.GetEmail(), EmailConfirmed: changed.GetEmailConfirmed(), version: e.Version,
	})
	switch confirmation := changed.GetEmailConfirmation(); {
	case confirmation == "":
	case changed.GetEmailConfirmed():
		Confirmed.Set(ctx, tx, idOf(changed.GetCustomer()), b.clock.Now(), nil)
	default:
		code := Code{Customer: changed.GetCustomer(), Address: hashOf(changed.GetEmail()), AskedTime: e.Time}
		CodeWanted.Set(ctx, tx, confirmation, b.clock.Now(), code.payload())
	}
	return nil
}
