package customer

import (
	"context"
	"slices"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// contact is what a customer is written to or called at from now on: its key, without a value where there is none any more,
// and the request's field that says it.
type contact struct {
	key  identity.Key
	path string
}

// vouches tells whether what the caller says of a customer's contacts is taken for true. Customers say of themselves, and partners
// of theirs, what they like: with another's address they could learn whose it is, join that one's orders, or mail them.
func vouches(caller access.Principal) bool {
	switch caller.Role {
	case accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN, accessv1.Role_ROLE_SERVICE:
		return true
	default:
		return false
	}
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
		after.Email, after.EmailConfirmed = email.Spelled, false
		changed = append(changed, contact{identity.EmailKey(email), "customer.email"})
	}
	if after.GetPhone() != before.GetPhone() {
		number, ok := identity.ReadPhone(after.GetPhone(), after.GetRegionCode())
		if !ok && after.GetPhone() != "" {
			return nil, identity.Unreadable("customer.phone", customerv1.Identity_PHONE, after.GetRegionCode())
		}
		after.Phone, after.PhoneConfirmed = number, false
		changed = append(changed, contact{identity.PhoneKey(number), "customer.phone"})
	}
	return changed, nil
}

// confirmations are the contacts that are named again, as they are, by somebody who vouches for them: that confirms them. An update
// that names other fields, too, confirms nothing: it may be the whole customer as it was read.
func confirmations(c *customerv1.Customer, paths, named []string) (confirmed []contact) {
	if slices.ContainsFunc(named, func(path string) bool { return path != "email" && path != "phone" }) {
		return nil
	}
	for _, path := range paths {
		switch {
		case path == "email" && c.GetEmail() != "" && !c.GetEmailConfirmed():
			confirmed = append(confirmed, contact{emailKey(c), "customer.email"})
		case path == "phone" && c.GetPhone() != "" && !c.GetPhoneConfirmed():
			confirmed = append(confirmed, contact{identity.PhoneKey(c.GetPhone()), "customer.phone"})
		}
	}
	return confirmed
}

// emailKey is the key of the customer's address, which can be read: it is kept as it was read.
func emailKey(c *customerv1.Customer) identity.Key {
	email, _ := identity.ReadEmail(c.GetEmail())
	return identity.EmailKey(email)
}

// takeContacts makes contacts of which it is known whose they are identities of the customer's, in place of those before, and puts
// down that they are confirmed. The others are no identities: whether somebody else has them makes no difference. What the customer
// was known by stays theirs until what is set instead is confirmed.
func takeContacts(ctx context.Context, tx *sqldb.Tx, c *customerv1.Customer, contacts []contact, now time.Time) error {
	vouched := vouches(access.Caller(ctx))
	for _, contact := range contacts {
		known := vouched || contact.key.Value == ""
		if !known {
			var err error
			if known, err = identity.Has(tx, c.GetName(), contact.key); err != nil {
				return err
			}
		}
		if !known {
			continue
		}
		if err := identity.MoveContact(tx, c.GetName(), contact.key, now, contact.path); err != nil {
			return err
		}
		confirm(c, contact)
	}
	return nil
}

// confirm puts down that a contact is the customer's.
func confirm(c *customerv1.Customer, contact contact) {
	there := contact.key.Value != ""
	if contact.key.Kind == customerv1.Identity_EMAIL {
		c.EmailConfirmed = there
	} else {
		c.PhoneConfirmed = there
	}
}

// sameContact tells whether the others would learn nothing from CustomerContactChanged.
func sameContact(before, after *customerv1.Customer) bool {
	return before.GetDisplayName() == after.GetDisplayName() && before.GetLanguageCode() == after.GetLanguageCode() &&
		before.GetEmail() == after.GetEmail() && before.GetPhone() == after.GetPhone() &&
		before.GetEmailConfirmed() == after.GetEmailConfirmed()
}

// contactChanged says how to reach the customer, and of which confirmation the code is to be mailed or has been typed.
// tellContact tells the others how the new version of the customer can be reached.
func (s *Service) tellContact(ctx context.Context, tx *sqldb.Tx, c *customerv1.Customer, confirmation string) error {
	return s.outbox.Append(ctx, tx, c.GetName(), resource.Version(c.GetEtag()), contactChanged(c, confirmation))
}

func contactChanged(c *customerv1.Customer, confirmation string) *customerv1.CustomerContactChanged {
	return &customerv1.CustomerContactChanged{
		Customer: c.GetName(), DisplayName: c.GetDisplayName(), LanguageCode: c.GetLanguageCode(),
		Email: c.GetEmail(), Phone: c.GetPhone(), EmailConfirmed: c.GetEmailConfirmed(), EmailConfirmation: confirmation,
	}
}
