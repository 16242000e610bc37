package customerclass

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// UpdateCustomerClass changes a class.
//
// Errors: NOT_FOUND for an unknown one; FAILED_PRECONDITION (RANK_TAKEN); ABORTED (ETAG_MISMATCH).
func (s *Service) UpdateCustomerClass(ctx context.Context, req *customerv1.UpdateCustomerClassRequest) (*customerv1.CustomerClass, error) {
	changed, err := classes.Update(ctx, s.db, req)
	return changed, refused(err, req.GetCustomerClass())
}
