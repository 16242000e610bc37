package cases

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

var contact = `
	update cases set ` + askedAgain("1", "$2", "$3") + `
	where id = $1 and ($4 = '' or customer = $4)
	returning ` + columns

// ContactCase adds what the customer says to a case that is open: a person has to reply. Where one had replied, the case waits
// for a person again, with another promise of a reply.
//
// Errors: NOT_FOUND for an unknown case or another's; FAILED_PRECONDITION (CASE_CLOSED).
func (s *Service) ContactCase(ctx context.Context, req *supportv1.ContactCaseRequest) (*supportv1.Case, error) {
	now, caller, promise := s.clock.Now(), access.Caller(ctx), newPromise()
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.Case, error) {
		r, err := step(tx, req.GetName(),
			sqldb.Q(contact, idOf(req.GetName()), promise, now.UnixMicro(), access.ScopeOf(ctx).Customer))
		if err != nil {
			return nil, err
		}
		return r.Case, s.askedAgain(ctx, tx, r, promise, asked(caller, req.GetBody(), req.GetChannel(), now))
	})
}
