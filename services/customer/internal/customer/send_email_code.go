package customer

import (
	"context"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// SendEmailCode has a new code mailed to the customer's e-mail address.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who means another; FAILED_PRECONDITION
// (EMAIL_CONFIRMED), (NO_EMAIL); ABORTED (ETAG_MISMATCH); RESOURCE_EXHAUSTED (CODES_EXHAUSTED) after five within a day.
func (s *Service) SendEmailCode(ctx context.Context, req *customerv1.SendEmailCodeRequest) (*customerv1.Customer, error) {
	return Customers.Change(ctx, s.db, req, func(tx *sqldb.Tx, _, c *customerv1.Customer) error {
		switch {
		case c.GetEmailConfirmed():
			return errEmailConfirmed
		case c.GetEmail() == "":
			return errNoEmail
		}
		code, err := newCode(tx, c, s.clock.Now())
		if err != nil {
			return err
		}
		return s.tellContact(ctx, tx, c, code)
	})
}
