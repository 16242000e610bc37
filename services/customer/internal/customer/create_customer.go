package customer

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/id"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// CreateCustomer creates a customer, makes the e-mail address and telephone number identities of theirs, and tells the other
// services that there is one and how to reach them, all in one round trip to the database. What a partner says of an address or
// number is not taken for true: it has to be confirmed.
//
// Two may register with one address at the same moment, on different replicas. The named key identity_value_key lets one of them
// have it, so there is no look before.
//
// Errors: INVALID_ARGUMENT naming the field for a customer without a name, an e-mail address or telephone number that is none, or an
// address beyond all bounds; ALREADY_EXISTS (IDENTITY_TAKEN) for another customer's.
func (s *Service) CreateCustomer(
	ctx context.Context, req *customerv1.CreateCustomerRequest,
) (*customerv1.Customer, error) {
	now := s.clock.Now()
	customer := newCustomer(req.GetCustomer(), now)
	if err := bound(customer); err != nil {
		return nil, err
	}
	contacts, err := readContacts(&customerv1.Customer{}, customer)
	if err != nil {
		return nil, err
	}

	for _, c := range contacts {
		if vouches(access.Caller(ctx)) {
			confirm(customer, c)
		}
	}

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.Customer, error) {
		if _, err := customerRows.Insert(tx, customer); err != nil {
			return nil, err
		}
		code, err := s.enterContacts(tx, customer, contacts, now)
		if err != nil {
			return nil, err
		}
		created := &customerv1.CustomerCreated{Customer: customer.GetName()}
		return customer, s.outbox.Append(ctx, tx, customer.GetName(), 1, created, contactChanged(customer, code))
	})
}

// enterContacts makes what is confirmed identities of a new customer, and has a code mailed to an address that is not.
func (s *Service) enterContacts(
	tx *sqldb.Tx, c *customerv1.Customer, contacts []contact, now time.Time,
) (mailedCode string, err error) {
	for _, contact := range contacts {
		email := contact.key.Kind == customerv1.Identity_EMAIL
		switch {
		case email && c.GetEmailConfirmed() || !email && c.GetPhoneConfirmed():
			identity.InsertContact(tx, c.GetName(), contact.key, now, contact.path)
		case email:
			if mailedCode, err = askForCode(tx, c, now); err != nil {
				return "", err
			}
		}
	}
	return mailedCode, nil
}

func newCustomer(wanted *customerv1.Customer, now time.Time) *customerv1.Customer {
	c := proto.CloneOf(wanted)
	c.Name, c.Etag = "customers/"+id.New(), resource.Etag(1)
	c.EmailConfirmed, c.PhoneConfirmed, c.CustomerClass = false, false, ""
	c.CreateTime = timestamppb.New(now)
	return c
}
