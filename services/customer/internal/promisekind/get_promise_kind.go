package promisekind

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetPromiseKind returns a kind of promise.
//
// Errors: NOT_FOUND for an unknown one.
func (s *Service) GetPromiseKind(ctx context.Context, req *customerv1.GetPromiseKindRequest) (*customerv1.PromiseKind, error) {
	return kinds.Get(ctx, s.db, req)
}
