package identity

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// DeleteIdentity takes an identity from a customer.
//
// Errors: NOT_FOUND for an unknown identity, FAILED_PRECONDITION (IDENTITY_IN_USE) for the address or number that the customer is
// written to or called at.
func (s *Service) DeleteIdentity(ctx context.Context, req *customerv1.DeleteIdentityRequest) (*emptypb.Empty, error) {
	customer, id := split(req.GetName())

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*emptypb.Empty, error) {
		results, err := tx.Batch(
			sqldb.Q(`delete from identity where id = $1 and customer_id = $2 and contact = false returning id`, id, customer),
			sqldb.Q(`select id from identity where id = $1 and customer_id = $2`, id, customer))
		switch {
		case err != nil:
			return nil, err
		case results[0].Len() == 1:
			return &emptypb.Empty{}, nil
		case results[1].Len() == 1:
			return nil, errs.Refused("IDENTITY_IN_USE",
				"the customer is written to or called at %s; change the customer's email or phone instead", req.GetName())
		}
		return nil, errs.NotFound(req.GetName())
	})
}
