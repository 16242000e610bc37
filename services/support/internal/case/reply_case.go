package cases

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// A reply in time keeps the promise, even where its end has been told about before the reply was written down; a late one
// breaks it, if nobody has said so yet. What a promise has been answered with once stays. The new state of a closed case is
// one that there is not.
var reply = `
	update cases set
		version = version + 1, state = case when state = 3 then 0 else 2 end, agent = $3,
		replied = case when replied is null then $2 else replied end,
		promise_state = case when promise_state = 2 or $2 <= reply_due then 2 else 3 end,
		promise_version = case when promise_state = 1 or promise_state = 3 and $2 <= reply_due then version + 1 else promise_version end
	where id = $1
	returning ` + columns

// ReplyCase replies in person, and returns the entry. The case is then the agent's.
//
// Errors: NOT_FOUND for an unknown case; FAILED_PRECONDITION (CASE_CLOSED).
func (s *Service) ReplyCase(ctx context.Context, req *supportv1.ReplyCaseRequest) (*supportv1.CaseEntry, error) {
	at, agent := timestamppb.New(s.clock.Now()), access.Caller(ctx)
	entry := &supportv1.CaseEntry{Author: supportv1.CaseEntry_AGENT, Actor: agent.Actor(), Body: req.GetBody(), CreateTime: at}
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.CaseEntry, error) {
		r, err := updateCase(tx, req.GetName(), sqldb.Q(reply, resource.ID(req.GetName()), resource.Micros(at), agent.Subject))
		if err != nil {
			return nil, err
		}
		return entry, s.write(ctx, tx, replied(r, entry))
	})
}

// replied is a reply, with what it says about the promise; nothing where the promise had been answered.
func replied(r *record, entry *supportv1.CaseEntry) caseChange {
	nameEntry(r, entry)
	c := caseChange{record: r, entry: entry, events: []proto.Message{caseReplied(r, entry)}}
	switch {
	case r.answers(promiseKept):
		c.events = append(c.events, promiseKeptEvent(r, entry.GetCreateTime()))
	case r.answers(promiseBroken):
		c.events = append(c.events, promiseBrokenEvent(r))
	}
	return c
}
