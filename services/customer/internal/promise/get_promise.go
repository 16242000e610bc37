package promise

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetPromise returns one promise.
//
// Errors: NOT_FOUND for an unknown promise, and for a customer who asks about another's.
func (s *Service) GetPromise(ctx context.Context, req *customerv1.GetPromiseRequest) (*customerv1.Promise, error) {
	return promises.Get(ctx, s.db, req)
}
