// Package contact knows how customers can be reached and addressed. The customer service owns that; here is a copy,
// which its news keep up to date. Where none has come yet, the customer service is asked.
package contact

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/inbox"
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

// Book has the contacts.
type Book struct {
	db    *sqldb.DB
	clock clock.Clock
	peer  func(service string) grpc.ClientConnInterface
}

// New makes the book.
func New(deps kit.Deps) *Book { return &Book{db: deps.DB, clock: deps.Clock, peer: deps.Peer} }

// Capability is what the service runs of this package.
func (b *Book) Capability() kit.Capability {
	return kit.Capability{
		Name:   "contact",
		Events: []inbox.Handler{inbox.On("contact.customer-contact-changed", b.onCustomerContactChanged)},
	}
}

// Find returns a customer's contact, from the customer service where there is no copy yet. Keep it. A customer whom nobody
// knows has an empty one.
func (b *Book) Find(ctx context.Context, customer string) (Contact, error) {
	rows, err := b.db.Query(ctx, selectContact, customer)
	if err != nil {
		return Contact{}, err
	}
	if c, known, err := Scan(rows); err != nil || known {
		return c, err
	}
	return b.ask(ctx, customer)
}

// Known returns the contacts of those of the customers of whom there is a copy.
func (b *Book) Known(ctx context.Context, customers []string) (map[string]Contact, error) {
	list, args := sqldb.List(1, customers)
	rows, err := b.db.Query(ctx, selectContacts+` where customer in `+list, args...)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(rows, scan)
	known := make(map[string]Contact, len(found))
	for _, c := range found {
		known[c.Customer] = c
	}
	return known, err
}

func (b *Book) ask(ctx context.Context, customer string) (Contact, error) {
	client := customerv1.NewCustomerServiceClient(b.peer("customer"))
	found, err := client.GetCustomer(ctx, &customerv1.GetCustomerRequest{Name: customer})
	if errs.KindOf(err) == errs.KindNotFound {
		return Contact{Customer: customer}, nil
	}
	if err != nil {
		return Contact{}, fmt.Errorf("ask the customer service for a contact: %w", err)
	}
	version, err := strconv.ParseInt(found.GetEtag(), 10, 64)
	if err != nil {
		version = 0 // any news is newer
	}
	return Contact{
		Customer: customer, DisplayName: found.GetDisplayName(), LanguageCode: found.GetLanguageCode(), Email: found.GetEmail(),
		EmailConfirmed: found.GetEmailConfirmed(),
		version:        version,
	}, nil
}
