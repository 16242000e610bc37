package stock

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetStock returns a product's stock.
//
// Errors: NOT_FOUND for an unknown product.
func (s *Service) GetStock(ctx context.Context, req *orderv1.GetStockRequest) (*orderv1.Stock, error) {
	rows, err := s.db.Query(ctx, `select product_id, on_hand, held from stock where product_id = $1`, productID(req.GetName()))
	if err != nil {
		return nil, err
	}
	return found(rows, req.GetName())
}

func found(rows *sqldb.Rows, name string) (*orderv1.Stock, error) {
	stock, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(name)
	}
	return stock, err
}
