package catalog

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// CreateProduct creates a product with no stock.
//
// Errors: ALREADY_EXISTS where the id is taken; INVALID_ARGUMENT for a price that is no amount of money.
func (s *Service) CreateProduct(ctx context.Context, req *orderv1.CreateProductRequest) (*orderv1.Product, error) {
	price, err := money.ParsePrice(req.GetProduct().GetUnitPrice())
	if err != nil {
		return nil, errs.Invalid("product.unit_price", "%v", err)
	}
	product := proto.CloneOf(req.GetProduct())
	product.Name = collection + req.GetProductId()
	product.CreateTime = timestamppb.New(s.clock.Now())

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Product, error) {
		insertProduct(tx, req.GetProductId(), product, price)
		return product, nil
	})
}
