package cases

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// A customer sees what was said in their own cases, and no notes (4).
const selectEntry = selectEntries + `
	where case_id = $1 and id = $2
	and ($3 = '' or author <> 4 and exists (select 1 from cases where cases.id = case_id and customer = $3))`

// GetCaseEntry returns one entry of a case.
//
// Errors: NOT_FOUND for an unknown entry, and for a customer who asks about a note, or about another's.
func (s *Service) GetCaseEntry(ctx context.Context, req *supportv1.GetCaseEntryRequest) (*supportv1.CaseEntry, error) {
	caseID, entry := entryIDs(req.GetName())
	rows, err := s.db.Query(ctx, selectEntry, caseID, entry, access.ScopeOf(ctx).Customer)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.One(rows, scanEntry)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return found.CaseEntry, err
}
