package catalog

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetProduct returns one product.
//
// Errors: NOT_FOUND for an unknown product.
func (s *Service) GetProduct(ctx context.Context, req *orderv1.GetProductRequest) (*orderv1.Product, error) {
	rows, err := s.db.Query(ctx, selectProducts+` where id = $1`, idOf(req.GetName()))
	if err != nil {
		return nil, err
	}
	product, err := sqldb.One(rows, ScanProduct)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return product, err
}
