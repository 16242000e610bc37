package customerclass

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// DeleteCustomerClass deletes a class that no customer has.
//
// Errors: NOT_FOUND for an unknown one; FAILED_PRECONDITION (STILL_REFERRED_TO).
func (s *Service) DeleteCustomerClass(ctx context.Context, req *customerv1.DeleteCustomerClassRequest) (*emptypb.Empty, error) {
	return classes.Delete(ctx, s.db, req)
}
