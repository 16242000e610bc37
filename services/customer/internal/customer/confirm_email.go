package customer

import (
	"context"
	"errors"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// ConfirmEmail makes the customer's e-mail address theirs, by the code that was mailed to it.
//
// A wrong code is counted in a transaction of its own: the refusal must not take its count back.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who means another; INVALID_ARGUMENT for a wrong
// code; FAILED_PRECONDITION (CODE_EXPIRED), (EMAIL_CONFIRMED); ALREADY_EXISTS (IDENTITY_TAKEN) where another has confirmed it.
func (s *Service) ConfirmEmail(ctx context.Context, req *customerv1.ConfirmEmailRequest) (*customerv1.Customer, error) {
	if before, found, err := change.Answered[*customerv1.Customer](ctx, s.db, req); found || err != nil {
		return before, err
	}
	try := func() (confirmation, error) { return s.tryCode(ctx, req.GetName(), req.GetCode()) }

	return change.DoAfter(ctx, s.db, req, try, func(tx *sqldb.Tx, typed confirmation) (*customerv1.Customer, error) {
		return Customers.ChangeIn(ctx, tx, req, func(tx *sqldb.Tx, before, after *customerv1.Customer) error {
			if before.GetEmailConfirmed() {
				return errEmailConfirmed
			}
			if emailKey(before).Value != typed.email { // it was changed a moment ago
				return errCodeExpired
			}
			proven := contact{emailKey(after), "customer.email"}
			if err := identity.MoveContact(tx, after.GetName(), proven.key, s.clock.Now(), proven.path); err != nil {
				return err
			}
			confirm(after, proven)
			return s.tellContact(ctx, tx, after, typed.id)
		})
	})
}

// tryCode tells whether the code is the one that was mailed last. A wrong one is counted; the right one is not, since whoever has it
// may have to send it again.
func (s *Service) tryCode(ctx context.Context, name, code string) (typed confirmation, err error) {
	right := false
	err = s.db.Update(ctx, "customer.try_code", func(tx *sqldb.Tx) (err error) {
		if typed, err = s.countTry(tx, name); err != nil {
			return err
		}
		if right = s.signer.VerifyCode(code, CodePurpose, typed.id); right {
			tx.Exec(giveTryBack, typed.id)
		}
		return nil
	})
	if err == nil && !right {
		err = errs.Invalid("code", "must be the code that was mailed last")
	}
	return typed, err
}

// countTry finds the code that is good for the customer's address. It is locked until the end of the transaction.
func (s *Service) countTry(tx *sqldb.Tx, name string) (confirmation, error) {
	goodSince := s.clock.Now().Add(-codeIsGood).UnixMicro()
	results, err := tx.Batch(
		sqldb.Q(customerRows.Select()+` where id = $1`, idOf(name)),
		sqldb.Q(tryCode, idOf(name), int64(codeTries), goodSince))
	if err != nil {
		return confirmation{}, err
	}
	c, err := sqldb.One(results[0], scanCustomer)
	switch {
	case errors.Is(err, sqldb.ErrNoRow):
		return confirmation{}, errs.NotFound(name)
	case err != nil:
		return confirmation{}, err
	case c.GetEmailConfirmed():
		return confirmation{}, errEmailConfirmed
	}
	mailed, err := scanConfirmation(results[1])
	if err == nil && mailed.email != emailKey(c).Value {
		return confirmation{}, errCodeExpired
	}
	return mailed, err
}
