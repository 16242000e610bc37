package promise

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ListPromises lists promises by page.
func (s *Service) ListPromises(
	ctx context.Context, req *customerv1.ListPromisesRequest,
) (*customerv1.ListPromisesResponse, error) {
	return promises.List(ctx, s.db, req)
}
