package cases

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// Closed is the state after replied. One step on from any other is refused: by cases_replied_by_person and
// cases_closed_after_reply where the case still waits for a person, by cases_state_known where it is closed.
const closeReplied = `
	update cases set version = version + 1, state = state + 1, closed = $2, resolution = $3
	where id = $1
	returning ` + columns

// CloseCase closes a case, once a person has replied to what the customer last said.
//
// Errors: NOT_FOUND for an unknown case; FAILED_PRECONDITION (CASE_CLOSED, CASE_NOT_REPLIED).
func (s *Service) CloseCase(ctx context.Context, req *supportv1.CloseCaseRequest) (*supportv1.Case, error) {
	now := s.clock.Now()
	waits := errs.Refused("CASE_NOT_REPLIED", "no person has replied to what the customer last said in %s", req.GetName())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.Case, error) {
		r, err := step(tx, req.GetName(), sqldb.Q(closeReplied, idOf(req.GetName()), now.UnixMicro(), req.GetResolution()).
			Refuse("cases_replied_by_person", waits).Refuse("cases_closed_after_reply", waits))
		if err != nil {
			return nil, err
		}
		return r.Case, s.say(ctx, tx, r, &supportv1.CaseClosed{
			Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Agent: employee(access.Caller(ctx)),
		})
	})
}
