package cases

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// A reply in time keeps the promise, even where its end has been told about before the reply was written down; a late one
// breaks it, if nobody has said so yet. What a promise has been answered with once stays. The new state of a closed case is
// one that there is not.
const reply = `
	update cases set
		version = version + 1, state = case when state = 3 then 0 else 2 end, agent = $3,
		replied = case when replied is null then $2 else replied end,
		promise_state = case when promise_state = 2 or $2 <= due then 2 else 3 end,
		answered = case when promise_state = 1 or promise_state = 3 and $2 <= due then version + 1 else answered end
	where id = $1
	returning ` + columns

// ReplyCase replies in person. The case is then the agent's.
//
// Errors: NOT_FOUND for an unknown case; FAILED_PRECONDITION (CASE_CLOSED).
func (s *Service) ReplyCase(ctx context.Context, req *supportv1.ReplyCaseRequest) (*supportv1.Case, error) {
	now, agent := s.clock.Now(), access.Caller(ctx)
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*supportv1.Case, error) {
		r, err := step(tx, req.GetName(), sqldb.Q(reply, idOf(req.GetName()), now.UnixMicro(), agent.Subject))
		if err != nil {
			return nil, err
		}
		at := timestamppb.New(now)
		entry := &supportv1.CaseEntry{
			Author: supportv1.CaseEntry_AGENT, Actor: agent.Actor(), Body: req.GetBody(), CreateTime: at,
		}
		if err := addEntry(tx, r, entry); err != nil {
			return nil, err
		}
		facts := []proto.Message{&supportv1.CaseReplied{
			Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Entry: entry.GetName(),
		}}
		return r.Case, s.say(ctx, tx, r, append(facts, r.answer(at)...)...)
	})
}

// answer is what a reply at that time says about the promise; nothing where the promise had been answered.
func (r *record) answer(at *timestamppb.Timestamp) []proto.Message {
	switch {
	case r.answers(promiseKept):
		return []proto.Message{keptFact(r, at)}
	case r.answers(promiseBroken):
		return []proto.Message{brokenFact(r)}
	default:
		return nil
	}
}
