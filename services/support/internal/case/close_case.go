package cases

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

var (
	lockCase = `
	update cases set version = version + 1
	where id = $1
	returning ` + columns
	closeCase = `
	update cases set state = 3, closed = $2, resolution = $3
	where id = $1
	returning ` + columns
)

// CloseCase closes a case, once a person has replied to what the customer last said.
//
// Errors: NOT_FOUND for an unknown case; FAILED_PRECONDITION (CASE_CLOSED, CASE_NOT_REPLIED).
func (s *Service) CloseCase(ctx context.Context, req *supportv1.CloseCaseRequest) (*supportv1.Case, error) {
	now := s.clock.Now()
	id := resource.ID(req.GetName())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.Case, error) {
		r, err := updateCase(tx, req.GetName(), sqldb.Q(lockCase, id))
		if err != nil {
			return nil, err
		}
		switch r.GetState() {
		case supportv1.Case_REPLIED:
		case supportv1.Case_CLOSED:
			return nil, errClosed(req.GetName())
		default:
			return nil, errs.Refused("CASE_NOT_REPLIED", "no person has replied to what the customer last said in %s", req.GetName())
		}
		if r, err = updateCase(tx, req.GetName(), sqldb.Q(closeCase, id, now.UnixMicro(), req.GetResolution())); err != nil {
			return nil, err
		}
		return r.Case, s.write(ctx, tx, caseChange{record: r, events: []proto.Message{caseClosed(r)}})
	})
}
