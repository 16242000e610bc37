package cases

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

var contact = `
	update cases set ` + requireReply("1", "$2", "$3") + `
	where id = $1 and ($4 = '' or customer = $4)
	returning ` + columns

// ContactCase adds what the customer says to a case that is open, and returns the entry: a person has to reply. Where one had replied,
// the case waits for a person again, with another promise of a reply.
//
// Errors: NOT_FOUND for an unknown case or another's; FAILED_PRECONDITION (CASE_CLOSED).
func (s *Service) ContactCase(ctx context.Context, req *supportv1.ContactCaseRequest) (*supportv1.CaseEntry, error) {
	now, promise := s.clock.Now(), newPromise()
	entry := customerEntry(access.Caller(ctx), req.GetBody(), req.GetChannel(), now)
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.CaseEntry, error) {
		r, err := updateCase(tx, req.GetName(),
			sqldb.Q(contact, resource.ID(req.GetName()), promise, now.UnixMicro(), access.ScopeOf(ctx).Customer))
		if err != nil {
			return nil, err
		}
		return entry, s.write(ctx, tx, contacted(r, promise, entry))
	})
}
