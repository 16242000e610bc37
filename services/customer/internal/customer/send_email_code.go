package customer

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// SendEmailCode has a new code mailed to the customer's e-mail address.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who means another; FAILED_PRECONDITION
// (EMAIL_CONFIRMED), (NO_EMAIL); ABORTED (ETAG_MISMATCH); RESOURCE_EXHAUSTED (CODES_EXHAUSTED) after five within a day.
func (s *Service) SendEmailCode(ctx context.Context, req *customerv1.SendEmailCodeRequest) (*customerv1.Customer, error) {
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.Customer, error) {
		c, err := lock(tx, &customerv1.Customer{Name: req.GetName(), Etag: req.GetEtag()})
		switch {
		case err != nil:
			return nil, err
		case c.GetEmailConfirmed():
			return nil, errEmailConfirmed
		case c.GetEmail() == "":
			return nil, errNoEmail
		}
		code, err := newCode(tx, c, s.clock.Now())
		if err != nil {
			return nil, err
		}
		return c, s.outbox.Put(ctx, tx, c.GetName(), versionOf(c), contactChanged(c, code))
	})
}
