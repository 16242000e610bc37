package customerclass

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/resource"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// CreateCustomerClass creates a class.
//
// Errors: ALREADY_EXISTS where the id is taken; FAILED_PRECONDITION (RANK_TAKEN).
func (s *Service) CreateCustomerClass(ctx context.Context, req *customerv1.CreateCustomerClassRequest) (*customerv1.CustomerClass, error) {
	class := proto.CloneOf(req.GetCustomerClass())
	class.Name = customerv1.CustomerClassResourceName{CustomerClass: req.GetCustomerClassId()}.String()
	class.CreateTime, class.Etag = timestamppb.New(s.clock.Now()), resource.Etag(1)
	made, err := classes.Create(ctx, s.db, req, class)
	return made, refused(err, class)
}
