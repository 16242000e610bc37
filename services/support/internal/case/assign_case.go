package cases

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// A case that is given to an agent stays in its queue as well, so that it is never nobody's.
var assign = `
	update cases set
		version = version + 1, state = case when state = 3 then 0 else state end,
		queue = case when $2 = '' then queue else $2 end, agent = $3
	where id = $1
	returning ` + columns

// AssignCase gives a case to an agent, or back to a queue.
//
// Errors: NOT_FOUND for an unknown case; FAILED_PRECONDITION (CASE_CLOSED).
func (s *Service) AssignCase(ctx context.Context, req *supportv1.AssignCaseRequest) (*supportv1.Case, error) {
	queue, agent := assignment(req.GetAssignee())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.Case, error) {
		r, err := updateCase(tx, req.GetName(), sqldb.Q(assign, resource.ID(req.GetName()), queue, agent))
		if err != nil {
			return nil, err
		}
		return r.Case, s.write(ctx, tx, caseChange{record: r, events: []proto.Message{caseAssigned(r)}})
	})
}
