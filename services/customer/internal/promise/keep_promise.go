package promise

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// KeepPromise says that a promise has been kept: by the time of the fact, not of the message. One that is taken for broken because
// the word came late is kept all the same.
//
// Errors: NOT_FOUND for an unknown promise; INVALID_ARGUMENT for a keep_time in the future or before the promise was made;
// FAILED_PRECONDITION (PROMISE_OVERDUE, PROMISE_RESOLVED, PROMISE_OF_SERVICE).
func (s *Service) KeepPromise(ctx context.Context, req *customerv1.KeepPromiseRequest) (*customerv1.Promise, error) {
	now := s.clock.Now()
	at := now
	if req.GetKeepTime() != nil {
		at = req.GetKeepTime().AsTime()
	}
	return promises.Change(ctx, s.db, req, func(tx *sqldb.Tx, _, p *customerv1.Promise) error {
		if err := answerFor(p, customerv1.Promise_KEPT, at); err != nil {
			return err
		}
		switch {
		case at.After(now):
			return errs.Invalid("keep_time", "must not be in the future")
		case at.Before(p.GetCreateTime().AsTime()):
			return errs.Invalid("keep_time", "must not be before the promise was made")
		case at.After(p.GetDueTime().AsTime()):
			return errs.Refused("PROMISE_OVERDUE", "%s had to be kept by %s", p.GetName(), p.GetDueTime().AsTime().Format(time.RFC3339))
		}
		return s.outbox.Append(ctx, tx, p.GetName(), versionKept, &promisev1.PromiseKept{
			Promise: p.GetName(), Customer: p.GetCustomer(), About: p.GetAbout(), Kind: p.GetKind(), KeepTime: timestamppb.New(at),
		})
	})
}
