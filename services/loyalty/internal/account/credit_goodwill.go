package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// CreditGoodwill gives a customer points with the occasion, and notes who did.
//
// The account is nearly always there, and then a posting to it proves that the programme and the customer exist. Only
// where it is not, this looks closer, and asks the customer service about a customer of whom nothing has been heard.
//
// Errors: NOT_FOUND for an unknown programme or customer; INVALID_ARGUMENT for an occasion that does not exist or is another
// customer's; FAILED_PRECONDITION (BALANCE_LIMIT) where the balance would be
// more than can be counted.
func (s *Service) CreditGoodwill(ctx context.Context, req *loyaltyv1.CreditGoodwillRequest) (*loyaltyv1.Posting, error) {
	gift := newGift(req, s.clock.Now())
	posting, err := s.give(ctx, req, gift)
	if !errors.Is(err, errNoAccount) {
		return posting, err
	}
	if err := s.known(ctx, gift.holder); err != nil {
		return nil, err
	}
	if err := s.admit(ctx, gift.holder); err != nil {
		return nil, err
	}
	return s.give(ctx, req, gift)
}

func newGift(req *loyaltyv1.CreditGoodwillRequest, now time.Time) entry {
	gift := entry{
		id: id.New(), holder: holderOf(req.GetName()), kind: loyaltyv1.Posting_GOODWILL, about: req.GetAbout(),
		reason: strings.TrimSpace(req.GetReason()), points: req.GetPoints(), at: now,
	}
	gift.reference = "goodwill/" + gift.id
	return gift
}

// give posts the gift. Others' gifts share its transaction: the commits are what very many of them at once would wait for, and
// nothing is read but what the account's own update returns.
func (s *Service) give(ctx context.Context, req *loyaltyv1.CreditGoodwillRequest, gift entry) (*loyaltyv1.Posting, error) {
	return change.After(ctx, s.db, req, func() error { return s.checkOccasion(ctx, gift) }, func() (*loyaltyv1.Posting, error) {
		return change.Shared(ctx, s.db, req, func(tx *sqldb.Tx) (*loyaltyv1.Posting, error) {
			given, err := s.post(ctx, tx, gift)
			if err != nil {
				return nil, err
			}
			return given[0].proto(), nil
		})
	})
}

// checkOccasion refuses an occasion that does not exist for the customer. Where there is no such customer, that is what is wrong.
func (s *Service) checkOccasion(ctx context.Context, gift entry) error {
	err := s.references.Check(ctx, "about", gift.about, gift.holder.customerName())
	if err == nil {
		return nil
	}
	if unknown := s.known(ctx, gift.holder); unknown != nil {
		return unknown
	}
	return err
}

const selectKnown = `
	select (select count(*) from program where id = $1), (select count(*) from account where program = $2 and customer = $3)`

// known refuses a holder whose programme or customer there is not.
func (s *Service) known(ctx context.Context, h holder) error {
	rows, err := s.db.Query(ctx, selectKnown, h.program, mainProgram, h.customer)
	if err != nil {
		return err
	}
	var programs, customers int64
	if _, err := sqldb.One(rows, func(r *sqldb.Rows) (struct{}, error) { return struct{}{}, r.Scan(&programs, &customers) }); err != nil {
		return err
	}
	if programs == 0 {
		return errs.NotFound(h.name())
	}
	if customers == 0 {
		return s.ask(ctx, h)
	}
	return nil
}

// admit opens an account for a holder who is known.
func (s *Service) admit(ctx context.Context, h holder) error {
	return s.db.Update(ctx, "account.admit", func(tx *sqldb.Tx) error {
		s.admitted(tx, h)
		return nil
	})
}

// admitted opens the account, and the one in the main programme, by which the customer is known.
func (s *Service) admitted(tx *sqldb.Tx, h holder) {
	open(tx, s.clock.Now(), holder{mainProgram, h.customer}, h)
}

// ask asks the customer service about a customer of whom nothing has been heard, because the news has not come yet.
func (s *Service) ask(ctx context.Context, h holder) error {
	_, err := s.customers().GetCustomer(ctx, &customerv1.GetCustomerRequest{Name: h.customerName()})
	switch {
	case errs.KindOf(err) == errs.KindNotFound:
		return errs.NotFound(h.name())
	case err != nil:
		return fmt.Errorf("ask for the customer: %w", err)
	}
	return nil
}
