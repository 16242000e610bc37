package action

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/notification/internal/link"
)

// reconcileAfter is how long after an action was begun somebody looks what became of it: longer than any call may last.
const reconcileAfter = time.Minute

// TakeAction does what an action says, once, however often and by however many it is asked at the same moment.
//
// That the customer wants it is written down first. Then the order service is asked under a key of the action's own, so that
// it does it once and answers each time alike. Then it is written down that it is done. A process that dies in between
// leaves a timer that finds out what became of it; and whoever presses again gets the same answer.
//
// Errors: NOT_FOUND for a link that was not signed here, and for a customer who is not its addressee; FAILED_PRECONDITION with
// ACTION_EXPIRED when its time is over, with ACTION_SUPERSEDED where another was taken or the subject is decided.
func (s *Service) TakeAction(ctx context.Context, req *notificationv1.TakeActionRequest) (*notificationv1.Action, error) {
	caller := byLink(ctx, req.GetName())
	find := func() (*action, error) { return s.find(ctx, req.GetName()) }
	claimed, err := change.DoAfter(caller, s.db, req, find, func(tx *sqldb.Tx, a *action) (*notificationv1.Action, error) {
		return s.claim(ctx, tx, a, req.GetName())
	})
	if err != nil || claimed.GetState() == notificationv1.Action_TAKEN {
		return claimed, err
	}
	taken, err := s.carryOut(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return taken, change.Amend(caller, s.db, req, taken)
}

// byLink makes the message of the link the caller where there is no other: idempotency keys of people without a token must not meet.
func byLink(ctx context.Context, name string) context.Context {
	if !access.Caller(ctx).Anonymous() {
		return ctx
	}
	message, _, _, _ := link.Parse(name)
	return access.With(ctx, access.Principal{Role: accessv1.Role_ROLE_GUEST, Subject: "messages/" + message})
}

// claim writes down that the customer wants it.
func (s *Service) claim(ctx context.Context, tx *sqldb.Tx, a *action, name string) (*notificationv1.Action, error) {
	now := s.clock.Now()
	tx.Exec(lock, a.message, a.choice)
	fresh, err := read(tx, a)
	if err != nil {
		return nil, err
	}
	if err := refusal(fresh.stateOf(now)); err != nil {
		return nil, err
	}
	if fresh.taken == nil {
		tx.Exec(claim, a.message, a.choice, now.UnixMicro())
		reconcile.Set(ctx, tx, a.key(), now.Add(reconcileAfter), nil)
	}
	return fresh.proto(name, now), nil
}

func read(tx *sqldb.Tx, a *action) (*action, error) {
	rows, err := tx.Query(selectAction, a.message, a.choice)
	if err != nil {
		return nil, err
	}
	return sqldb.One(rows, scan)
}

// key is the key of the action's timer.
func (a *action) key() string { return a.message + "_" + a.choice }

// carryOut does what the customer wants, unless it is done.
func (s *Service) carryOut(ctx context.Context, name string) (*notificationv1.Action, error) {
	a, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := refusal(a.stateOf(s.clock.Now())); err != nil {
		return nil, err
	}
	if a.taken == nil {
		if err := s.answer(ctx, a); err != nil {
			return nil, s.notDone(ctx, a, err)
		}
		failpoint.Hit("action.done", "action.take")
		if a, err = s.record(ctx, a); err != nil {
			return nil, err
		}
	}
	return a.proto(name, s.clock.Now()), nil
}

// notDone says why an action was not carried out. What may be carried out later, or was perhaps, stays claimed.
func (s *Service) notDone(ctx context.Context, a *action, cause error) error {
	switch {
	case errs.ReasonOf(cause) == "SHORTAGE_ANSWERED":
		return errors.Join(errSuperseded, s.giveUp(ctx, a, true))
	case errs.KindOf(cause) == codes.InvalidArgument: // to wait for a date that has passed
		return errors.Join(errExpired, s.giveUp(ctx, a, false))
	}
	return cause
}

// answer has the order service carry it out.
func (s *Service) answer(ctx context.Context, a *action) error {
	ctx = metadata.AppendToOutgoingContext(ctx, change.Header, "action/"+a.message+"/"+strings.ToLower(a.choice))
	_, err := s.shortages().AnswerShortage(ctx, &orderv1.AnswerShortageRequest{
		Name: a.subject, Choice: orderv1.Shortage_Choice(orderv1.Shortage_Choice_value[a.choice]), AnsweredBy: a.customer,
	})
	return err
}
