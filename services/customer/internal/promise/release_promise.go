package promise

import (
	"context"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// ReleasePromise calls a promise off.
//
// Errors: NOT_FOUND for an unknown promise; FAILED_PRECONDITION (PROMISE_RESOLVED, PROMISE_OF_SERVICE).
func (s *Service) ReleasePromise(ctx context.Context, req *customerv1.ReleasePromiseRequest) (*customerv1.Promise, error) {
	now := s.clock.Now()
	return promises.Change(ctx, s.db, req, func(tx *sqldb.Tx, _, p *customerv1.Promise) error {
		if err := answerFor(p, customerv1.Promise_RELEASED, now); err != nil {
			return err
		}
		return s.outbox.Append(ctx, tx, p.GetName(), versionReleased, &promisev1.PromiseReleased{
			Promise: p.GetName(), Customer: p.GetCustomer(), About: p.GetAbout(), Kind: p.GetKind(), Reason: req.GetReason(),
		})
	})
}
