package account

import (
	"context"
	"errors"
	"strings"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

const selectPosting = selectPostings + ` where p.program = $1 and p.customer = $2 and p.customer <> '' and p.entry_id = $3`

// GetPosting returns one posting of an account.
//
// Errors: NOT_FOUND for an unknown posting, and for a customer who asks about another's.
func (s *Service) GetPosting(ctx context.Context, req *loyaltyv1.GetPostingRequest) (*loyaltyv1.Posting, error) {
	account, id, _ := strings.Cut(req.GetName(), "/postings/")
	h := holderOf(account)
	if !h.visibleTo(access.ScopeOf(ctx).Customer) {
		return nil, errs.NotFound(req.GetName())
	}
	rows, err := s.db.Query(ctx, selectPosting, h.program, h.customer, id)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.One(rows, h.scanLine)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return found.posting, err
}
