package cases

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// CreateCase opens a case and promises a reply. A request about something of which the customer has a case open becomes part
// of that one, which the answer says, and a person has to reply.
//
// A customer may ask on several replicas in the same moment. The unique key cases_one_open lets one case of theirs be open
// about the same; whoever comes second meets its row.
//
// Errors: INVALID_ARGUMENT for an unknown customer, or an order that is not theirs.
func (s *Service) CreateCase(ctx context.Context, req *supportv1.CreateCaseRequest) (*supportv1.Case, error) {
	now, caller := s.clock.Now(), access.Caller(ctx)
	wanted := newCase(req.GetCase(), now)
	check := func() (struct{}, error) { return struct{}{}, s.checkReferences(ctx, req.GetCase()) }

	return change.DoAfter(ctx, s.db, req, check, func(tx *sqldb.Tx, _ struct{}) (*supportv1.Case, error) {
		found, err := updateCases(tx, openOrJoin(wanted))
		if err != nil {
			return nil, err
		}
		r := found[0]
		if r.GetName() != wanted.GetName() {
			r.AlreadyOpen = true
			entry := customerEntry(caller, joinedText(r.Case, wanted.Case), wanted.GetChannel(), now)
			return r.Case, s.write(ctx, tx, contacted(r, wanted.GetPromise(), entry))
		}
		if orderOf(r.GetAbout()) != "" {
			interim.Set(ctx, tx, resource.ID(r.GetName()), now, nil)
		}
		return r.Case, s.write(ctx, tx, opened(r, customerEntry(caller, r.GetDescription(), r.GetChannel(), now)))
	})
}
