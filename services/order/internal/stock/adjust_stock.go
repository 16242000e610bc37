package stock

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const adjust = `
	update stock set on_hand = on_hand + $2, held = held + $3 where product_id = $1
	returning product_id, on_hand, held`

// AdjustStock adds to a product's stock or takes from it. What comes is held at once for those who have been waiting for it,
// who has waited longest first. What is held for orders can't be taken: the row refuses it.
//
// Errors: NOT_FOUND for an unknown product; FAILED_PRECONDITION (STOCK_HELD) where too little would be left,
// (STOCK_LIMIT) where it would be more than can be counted.
func (s *Service) AdjustStock(ctx context.Context, req *orderv1.AdjustStockRequest) (*orderv1.Stock, error) {
	product := productID(req.GetName())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Stock, error) {
		filled, err := fill(tx, product, req.GetQuantityDelta())
		if err != nil {
			return nil, err
		}
		rows, err := tx.Batch(sqldb.Q(adjust, product, req.GetQuantityDelta(), filled).
			Refuse("stock_held_within_on_hand", errTooLittle).
			Refuse("stock_range", errTooMuchOrTooLittle))
		if err != nil {
			return nil, err
		}
		return found(rows[0], req.GetName())
	})
}

var (
	errTooLittle          = errs.Refused("STOCK_HELD", "less would be left on hand than is held for orders")
	errTooMuchOrTooLittle = errs.Refused("STOCK_LIMIT", "the stock on hand would be below zero or above 9,000,000,000,000,000")
)
