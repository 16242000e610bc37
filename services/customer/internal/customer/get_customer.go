package customer

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetCustomer returns one customer.
//
// Errors: NOT_FOUND for an unknown customer, and, by the access rule, for a customer who asks about another.
func (s *Service) GetCustomer(ctx context.Context, req *customerv1.GetCustomerRequest) (*customerv1.Customer, error) {
	rows, err := s.db.Query(ctx, `select `+columns+` from customer where id = $1`, idOf(req.GetName()))
	if err != nil {
		return nil, err
	}
	customer, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return customer, err
}
