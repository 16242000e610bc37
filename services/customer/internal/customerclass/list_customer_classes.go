package customerclass

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ListCustomerClasses lists classes by page, by rank.
func (s *Service) ListCustomerClasses(ctx context.Context, req *customerv1.ListCustomerClassesRequest) (*customerv1.ListCustomerClassesResponse, error) {
	return classes.List(ctx, s.db, req)
}
