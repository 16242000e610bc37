package customer

import (
	"context"
	"slices"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// UpdateCustomer changes what is known of a customer. A new e-mail address or telephone number becomes their identity in place of
// the old one, and the other services are told how to reach them now. What is set by somebody who can't vouch for it waits for that
// until it is confirmed.
//
// Updates of one customer queue for the customer's row, so none is lost: what the mask does not name is left as the one before
// made it.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who means another; INVALID_ARGUMENT naming
// the field for a path that can't be changed, a name that is taken away, an e-mail address or telephone number that is none, or an
// address beyond all bounds; ABORTED (ETAG_MISMATCH); ALREADY_EXISTS (IDENTITY_TAKEN) for another customer's address or
// number, where the caller vouches for it.
func (s *Service) UpdateCustomer(
	ctx context.Context, req *customerv1.UpdateCustomerRequest,
) (*customerv1.Customer, error) {
	return Customers.Update(ctx, s.db, req, func(tx *sqldb.Tx, before, after *customerv1.Customer) error {
		code, err := s.takeChanges(ctx, tx, before, after, req.GetUpdateMask().GetPaths())
		if err != nil || code == "" && sameContact(before, after) {
			return err
		}
		return s.tellContact(ctx, tx, after, code)
	})
}

// takeChanges writes what the new version brings along: its identities, as far as they are others than before. It returns the confirmation that begins
// or ends with it, if one does. A contact that the mask names alone and that does not change is vouched for, too; what comes along
// because it was read before is not.
func (s *Service) takeChanges(
	ctx context.Context, tx *sqldb.Tx, before, after *customerv1.Customer, named []string,
) (confirmation string, err error) {
	if err := bound(after); err != nil {
		return "", err
	}
	changed, err := readContacts(before, after)
	if err != nil {
		return "", err
	}
	if vouches(access.Caller(ctx)) {
		changed = append(changed, confirmations(before, unchanged(named, changed), named)...)
	}
	if err := takeContacts(ctx, tx, after, changed, s.clock.Now()); err != nil {
		return "", err
	}
	switch wait := after.GetEmail() != "" && !after.GetEmailConfirmed(); {
	case wait && after.GetEmail() != before.GetEmail():
		confirmation, err = askForCode(tx, after, s.clock.Now())
	case !wait && before.GetEmail() != "" && !before.GetEmailConfirmed():
		confirmation = id.New() // mails may be waiting for an address that is confirmed now
	}
	return confirmation, err
}

// unchanged are the paths whose contacts are as they were.
func unchanged(paths []string, changed []contact) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return slices.ContainsFunc(changed, func(c contact) bool { return c.path == "customer."+path })
	})
}
