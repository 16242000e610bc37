package customer

import (
	"context"
	"errors"
	"regexp"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/mask"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// UpdateCustomer changes what is known of a customer. A new e-mail address or telephone number becomes their identity in place of
// the old one, and the other services are told how to reach them now.
//
// Updates of one customer queue for the customer's row, or start again (the named CHECK customer_version_held), so none is lost:
// what the mask does not name is left as the one before made it.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who means another; INVALID_ARGUMENT naming
// the field for a path that can't be changed, a name that is taken away, an e-mail address or telephone number that is none, or an
// address beyond all bounds; ABORTED (ETAG_MISMATCH); ALREADY_EXISTS (IDENTITY_TAKEN) for another customer's address or number.
func (s *Service) UpdateCustomer(
	ctx context.Context, req *customerv1.UpdateCustomerRequest,
) (*customerv1.Customer, error) {
	paths, err := pathsOf(req)
	if err != nil {
		return nil, err
	}

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.Customer, error) {
		before, err := lock(tx, req.GetCustomer())
		if err != nil {
			return nil, err
		}
		after := proto.CloneOf(before)
		mask.Apply(after, req.GetCustomer(), paths)
		if err := s.write(tx, before, after); err != nil {
			return nil, err
		}
		if sameContact(before, after) {
			return after, nil
		}
		return after, s.outbox.Put(ctx, tx, after.GetName(), versionOf(after), contactChanged(after))
	})
}

var nameOfCustomer = regexp.MustCompile(`^customers/[A-Za-z0-9-]{1,64}$`)

func pathsOf(req *customerv1.UpdateCustomerRequest) ([]string, error) {
	if !nameOfCustomer.MatchString(req.GetCustomer().GetName()) {
		return nil, errs.Invalid("customer.name", "must match %s", nameOfCustomer)
	}
	return mask.Paths(req.GetUpdateMask(), req.GetCustomer(),
		"display_name", "language_code", "email", "phone", "region_code", "addresses")
}

// lock makes a new version of the customer, which holds the row until the end of the transaction, and returns the customer as it is
// up to now under the new version.
func lock(tx *sqldb.Tx, seen *customerv1.Customer) (*customerv1.Customer, error) {
	rows, err := tx.Query(`update customer set version = version + 1 where id = $1 returning `+columns, idOf(seen.GetName()))
	if err != nil {
		return nil, err
	}
	current, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(seen.GetName())
	}
	if err != nil {
		return nil, err
	}
	if was := etag(versionOf(current) - 1); seen.GetEtag() != "" && seen.GetEtag() != was {
		return nil, errs.Stale("ETAG_MISMATCH", "%s has been changed meanwhile; get it again", seen.GetName())
	}
	return current, nil
}

// write writes the new version, with its identities as far as they are others than before.
func (s *Service) write(tx *sqldb.Tx, before, after *customerv1.Customer) error {
	if err := bound(after); err != nil {
		return err
	}
	changed, err := readContacts(before, after)
	if err != nil {
		return err
	}
	for _, c := range changed {
		if err := identity.MoveContact(tx, after.GetName(), c.key, s.clock.Now(), c.path); err != nil {
			return err
		}
	}
	return updateCustomer(tx, after)
}
