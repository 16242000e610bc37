package identity

import (
	"context"
	"errors"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// CreateIdentity adds an identity to a customer. What the customer is written to or called at can be added, too: it stays from then
// on when that changes.
//
// Two may claim the same value at the same moment, on different replicas: the unique key identity_value_key lets one have it.
//
// Errors: NOT_FOUND for an unknown customer, INVALID_ARGUMENT naming the field for a value that is no such thing and for an
// issuer that is missing or too much, ALREADY_EXISTS (IDENTITY_TAKEN) where the value is another customer's, ALREADY_EXISTS where
// it had been added to this one.
func (s *Service) CreateIdentity(
	ctx context.Context, req *customerv1.CreateIdentityRequest,
) (*customerv1.Identity, error) {
	key, err := wanted(req.GetIdentity())
	if err != nil {
		return nil, err
	}
	now, unknown := s.clock.Now(), errs.NotFound(req.GetParent())

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.Identity, error) {
		results, err := tx.Batch(
			sqldb.Q(upsert, arguments(customerID(req.GetParent()), key, false, now)...).
				Refuse("identity_customer_fkey", unknown).Refuse(namelessKey, unknown),
			sqldb.Q(selectByKey, int64(key.Kind), key.Issuer, key.Value))
		if err != nil {
			return nil, err
		}
		identity, err := sqldb.One(results[0], scan)
		if !errors.Is(err, sqldb.ErrNoRow) {
			return identity, err
		}
		if had, err := sqldb.One(results[1], scan); err == nil && had.GetCustomer() == req.GetParent() {
			return nil, errs.AlreadyExists(had.GetName())
		}
		return nil, Taken("identity.value")
	})
}

// namelessKey is what SQLite calls every foreign key.
const namelessKey = ""

func wanted(i *customerv1.Identity) (Key, error) {
	if err := issued("identity.issuer", i.GetKind(), i.GetIssuer()); err != nil {
		return Key{}, err
	}
	key, ok := read(i.GetKind(), i.GetIssuer(), i.GetValue(), i.GetRegionCode())
	if !ok {
		return Key{}, Unreadable("identity.value", i.GetKind(), i.GetRegionCode())
	}
	return key, nil
}
