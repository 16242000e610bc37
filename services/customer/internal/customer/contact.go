package customer

import (
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// contact is what a customer is written to or called at from now on: its key, without a value where there is none any more,
// and the request's field that says it.
type contact struct {
	key  identity.Key
	path string
}

// readContacts reads the e-mail address and the telephone number as far as they are others than before, and puts them down as they
// are kept: the address without what stood around it, the number in E.164.
//
// What has not changed is not read again: it was read under the rules of its day.
func readContacts(before, after *customerv1.Customer) (changed []contact, err error) {
	if after.GetEmail() != before.GetEmail() {
		email, ok := identity.ReadEmail(after.GetEmail())
		if !ok && after.GetEmail() != "" {
			return nil, identity.Unreadable("customer.email", customerv1.Identity_EMAIL, "")
		}
		after.Email = email.Spelled
		changed = append(changed, contact{identity.EmailKey(email), "customer.email"})
	}
	if after.GetPhone() != before.GetPhone() {
		number, ok := identity.ReadPhone(after.GetPhone(), after.GetRegionCode())
		if !ok && after.GetPhone() != "" {
			return nil, identity.Unreadable("customer.phone", customerv1.Identity_PHONE, after.GetRegionCode())
		}
		after.Phone = number
		changed = append(changed, contact{identity.PhoneKey(number), "customer.phone"})
	}
	return changed, nil
}

// sameContact tells whether the others would learn nothing from CustomerContactChanged.
func sameContact(before, after *customerv1.Customer) bool {
	return before.GetDisplayName() == after.GetDisplayName() && before.GetLanguageCode() == after.GetLanguageCode() &&
		before.GetEmail() == after.GetEmail() && before.GetPhone() == after.GetPhone()
}

func contactChanged(c *customerv1.Customer) *customerv1.CustomerContactChanged {
	return &customerv1.CustomerContactChanged{
		Customer: c.GetName(), DisplayName: c.GetDisplayName(), LanguageCode: c.GetLanguageCode(),
		Email: c.GetEmail(), Phone: c.GetPhone(),
	}
}
