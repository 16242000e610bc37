package cases

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// CreateCase opens a case and promises a reply. A request about a matter of which the customer has a case open becomes part
// of that one, and a person has to reply.
//
// A customer may ask on several replicas in the same moment. The unique key cases_one_open lets one case of theirs be open
// about a matter; whoever comes second meets its row.
//
// Errors: INVALID_ARGUMENT for an unknown customer, or an order that is not theirs.
func (s *Service) CreateCase(ctx context.Context, req *supportv1.CreateCaseRequest) (*supportv1.Case, error) {
	now, caller := s.clock.Now(), access.Caller(ctx)
	wanted := opened(req.GetCase(), now)
	check := func() (struct{}, error) { return struct{}{}, s.check(ctx, req.GetCase()) }

	return change.DoAfter(ctx, s.db, req, check, func(tx *sqldb.Tx, _ struct{}) (*supportv1.Case, error) {
		r, err := open(tx, wanted)
		if err != nil {
			return nil, err
		}
		if r.GetName() != wanted.GetName() {
			entry := asked(caller, saidAgain(r.Case, wanted.Case), wanted.GetChannel(), now)
			return r.Case, s.askedAgain(ctx, tx, r, wanted.GetPromise(), entry)
		}
		if orderOf(r.GetAbout()) != "" {
			interim.Set(ctx, tx, idOf(r.GetName()), now, nil)
		}
		entry := asked(caller, r.GetDescription(), r.GetChannel(), now)
		return r.Case, s.opened(ctx, tx, r, entry)
	})
}

// opened writes the first entry of a case, and says that there is one.
func (s *Service) opened(ctx context.Context, tx *sqldb.Tx, r *record, first *supportv1.CaseEntry) error {
	if err := addEntry(tx, r, first); err != nil {
		return err
	}
	return s.say(ctx, tx, r, caseOpened(r), promiseMade(r))
}

// askedAgain writes what the customer said in a case that was open. If the case has the promise that was minted for this, a
// person had replied before, and another reply is promised.
func (s *Service) askedAgain(
	ctx context.Context, tx *sqldb.Tx, r *record, minted string, entry *supportv1.CaseEntry,
) error {
	if err := addEntry(tx, r, entry); err != nil {
		return err
	}
	facts := []proto.Message{caseContacted(r, entry.GetChannel())}
	if r.GetPromise() == minted {
		facts = append(facts, promiseMade(r))
	}
	return s.say(ctx, tx, r, facts...)
}
