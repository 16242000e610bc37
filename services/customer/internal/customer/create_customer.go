package customer

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// CreateCustomer creates a customer and tells the other services that there is one.
func (s *Service) CreateCustomer(
	ctx context.Context, req *customerv1.CreateCustomerRequest,
) (*customerv1.Customer, error) {
	customer := proto.CloneOf(req.GetCustomer())
	customer.Name = collection + id.New()
	customer.CreateTime = timestamppb.New(s.clock.Now())

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.Customer, error) {
		insertCustomer(tx, customer)
		created := &customerv1.CustomerCreated{Customer: customer.Name}
		if err := s.outbox.Put(ctx, tx, customer.Name, 1, created); err != nil {
			return nil, err
		}
		return customer, nil
	})
}
