// Package contact knows how customers can be reached and addressed. The customer service owns that; here is a copy.
package contact

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/inbox"
	"kept.dev/kit/localcopy"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Contact is how one customer can be reached and addressed. Any of it may be empty.
type Contact struct {
	Customer, DisplayName, LanguageCode, Email string
	// EmailConfirmed tells whether the address is known to be the customer's. Before that nothing but a code is mailed to it.
	EmailConfirmed bool

	version int64
}

// Contacts has the contacts.
type Contacts struct {
	localcopy.Copy[Contact]
	db    *sqldb.DB
	clock clock.Clock
	peer  func(service string) grpc.ClientConnInterface
}

// New makes the contacts.
func New(deps kit.Deps) *Contacts {
	c := &Contacts{db: deps.DB, clock: deps.Clock, peer: deps.Peer}
	c.Copy = localcopy.Copy[Contact]{
		Table: "contact", Version: "version",
		Columns: []string{"customer", "version", "display_name", "language_code", "email", "email_confirmed"},
		Values: func(o Contact) []any {
			return []any{o.Customer, o.version, o.DisplayName, o.LanguageCode, o.Email, o.EmailConfirmed}
		},
		Scan: func(r *sqldb.Rows) (o Contact, err error) {
			return o, r.Scan(&o.Customer, &o.version, &o.DisplayName, &o.LanguageCode, &o.Email, &o.EmailConfirmed)
		},
		Ask: c.ask,
	}
	return c
}

// Capability is what the service runs of this package.
func (c *Contacts) Capability() kit.Capability {
	return kit.Capability{
		Name:   "contact",
		Events: []inbox.Handler{inbox.OnAll("contact.customer-contact-changed", c.onCustomerContactsChanged)},
	}
}

// Find returns a customer's contact, from the customer service where there is no copy yet. Keep it.
func (c *Contacts) Find(ctx context.Context, customer string) (Contact, error) {
	return c.Get(ctx, c.db, customer)
}

// ask asks the customer service. A customer whom nobody knows has an empty contact.
func (c *Contacts) ask(ctx context.Context, customer string) (Contact, error) {
	client := customerv1.NewCustomerServiceClient(c.peer("customer"))
	found, err := client.GetCustomer(ctx, &customerv1.GetCustomerRequest{Name: customer})
	if errs.KindOf(err) == errs.KindNotFound {
		return Contact{Customer: customer}, nil
	}
	if err != nil {
		return Contact{}, fmt.Errorf("ask the customer service for a contact: %w", err)
	}
	return Contact{
		Customer: customer, DisplayName: found.GetDisplayName(), LanguageCode: found.GetLanguageCode(), Email: found.GetEmail(),
		EmailConfirmed: found.GetEmailConfirmed(), version: resource.Version(found.GetEtag()),
	}, nil
}
