package customerclass

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetCustomerClass returns a class.
//
// Errors: NOT_FOUND for an unknown one.
func (s *Service) GetCustomerClass(ctx context.Context, req *customerv1.GetCustomerClassRequest) (*customerv1.CustomerClass, error) {
	return classes.Get(ctx, s.db, req)
}
