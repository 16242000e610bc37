package promisekind

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ListPromiseKinds lists kinds of promises by page, by name.
func (s *Service) ListPromiseKinds(
	ctx context.Context, req *customerv1.ListPromiseKindsRequest,
) (*customerv1.ListPromiseKindsResponse, error) {
	return kinds.List(ctx, s.db, req)
}
