package customer

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ListCustomers lists customers by page, the latest first.
func (s *Service) ListCustomers(
	ctx context.Context, req *customerv1.ListCustomersRequest,
) (*customerv1.ListCustomersResponse, error) {
	return Customers.List(ctx, s.db, req)
}
