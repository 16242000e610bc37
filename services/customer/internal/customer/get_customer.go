package customer

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetCustomer returns one customer.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who asks about another.
func (s *Service) GetCustomer(ctx context.Context, req *customerv1.GetCustomerRequest) (*customerv1.Customer, error) {
	return Customers.Get(ctx, s.db, req)
}
