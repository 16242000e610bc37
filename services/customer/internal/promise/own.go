package promise

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/customer/internal/promisekind"
)

// owner is the service of promises of the book's own: of those that people make over the API.
const owner = promisekind.Owner

// breakOwn breaks a promise of the book's own whose time is up: nobody has said that it was kept.
func (s *Service) breakOwn(ctx context.Context, tx *sqldb.Tx, p *customerv1.Promise) error {
	broken := &promisev1.PromiseBroken{
		Promise: p.GetName(), Customer: p.GetCustomer(), About: p.GetAbout(), Kind: p.GetKind(), DueTime: p.GetDueTime(),
		Cause: promisev1.PromiseBreachCause_NOT_DONE,
	}
	a := answer{
		fact: broken, state: customerv1.Promise_BROKEN, at: p.GetDueTime().AsTime(), source: owner, traceparent: event.Traceparent(ctx),
	}
	if _, err := s.resolve(ctx, tx, []answer{a}); err != nil {
		return err
	}
	return s.outbox.Append(ctx, tx, p.GetName(), versionBroken, broken)
}

// answerFor gives a promise of the book's own its answer. Its timers stay until the book hears of the fact, and find nothing to do.
//
// Errors: FAILED_PRECONDITION with PROMISE_OF_SERVICE for another service's, PROMISE_RESOLVED where it has this answer or another; Kept
// comes after Broken, too.
func answerFor(p *customerv1.Promise, state customerv1.Promise_State, at time.Time) error {
	late := state == customerv1.Promise_KEPT && p.GetState() == customerv1.Promise_BROKEN
	switch {
	case p.GetService() != owner:
		return errs.Refused("PROMISE_OF_SERVICE", "the %s service made %s and answers for it", p.GetService(), p.GetName())
	case p.GetState() >= customerv1.Promise_KEPT && !late:
		return errs.Refused("PROMISE_RESOLVED", "%s is %s already", p.GetName(), p.GetState())
	}
	p.State, p.ResolveTime = state, timestamppb.New(at)
	p.BreachCause = promisev1.PromiseBreachCause_PROMISE_BREACH_CAUSE_UNSPECIFIED
	return nil
}
