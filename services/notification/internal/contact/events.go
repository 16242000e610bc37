package contact

import (
	"context"

	"kept.dev/kit/inbox"
	"kept.dev/kit/resource"
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

// onCustomerContactsChanged notes how customers can be reached now. News may overtake each other; the latest stands.
func (c *Contacts) onCustomerContactsChanged(
	ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomerContactChanged],
) error {
	contacts := make([]Contact, len(events))
	var timers []timer.Setting
	for i, e := range events {
		changed := e.Fact
		contacts[i] = Contact{
			Customer: changed.GetCustomer(), DisplayName: changed.GetDisplayName(), LanguageCode: changed.GetLanguageCode(),
			Email: changed.GetEmail(), EmailConfirmed: changed.GetEmailConfirmed(), version: e.Version,
		}
		switch confirmation := changed.GetEmailConfirmation(); {
		case confirmation == "":
		case changed.GetEmailConfirmed():
			timers = append(timers, Confirmed.At(e.Trace(ctx), resource.ID(changed.GetCustomer()), c.clock.Now(), nil))
		default:
			code := Code{Customer: changed.GetCustomer(), Address: hashOf(changed.GetEmail()), AskedTime: e.Time}
			timers = append(timers, CodeWanted.At(e.Trace(ctx), confirmation, c.clock.Now(), code.payload()))
		}
	}
	c.Keep(tx, contacts...)
	timer.SetAll(tx, timers...)
	return nil
}
