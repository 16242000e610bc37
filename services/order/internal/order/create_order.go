package order

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/stock"
)

// CreateOrder places an order: it holds the goods and promises the delivery, all in one round trip to the database.
//
// Buyers of the last unit may come at the same moment on different replicas. The stock's row refuses more holds than
// there are units (the named CHECK stock_held_within_on_hand), so there is no lock and no second look.
//
// Errors: INVALID_ARGUMENT naming the field for an unknown customer, product or delivery option, a product that comes
// twice, more than one currency, or an address beyond all bounds; FAILED_PRECONDITION (OUT_OF_STOCK) where there is not
// enough of a product.
func (s *Service) CreateOrder(ctx context.Context, req *orderv1.CreateOrderRequest) (*orderv1.Order, error) {
	if err := boundAddresses(req.GetOrder()); err != nil {
		return nil, err
	}
	var terms terms
	place := func() (placed *orderv1.Order, err error) {
		if terms, err = s.terms(ctx, req.GetOrder()); err != nil {
			return nil, err
		}
		return place(req.GetOrder(), terms, access.Caller(ctx), s.number(), s.clock.Now())
	}

	insert := func(tx *sqldb.Tx, order *orderv1.Order) (*orderv1.Order, error) {
		if err := insertOrder(tx, order); err != nil {
			return nil, err
		}
		for _, line := range order.GetLines() {
			stock.Hold(tx, line.GetProduct(), line.GetQuantity())
		}
		if err := s.outbox.Append(ctx, tx, order.GetName(), 1, placed(order), promiseMade(order, terms)); err != nil {
			return nil, err
		}
		return order, nil
	}
	order, err := change.DoAfter(ctx, s.db, req, place, insert)
	if sqldb.Violates(err, numberKey) { // another order has the number: once more, with another
		order, err = change.DoAfter(ctx, s.db, req, place, insert)
	}
	return order, err
}

// numberKey is the named key that no two orders have one number.
const numberKey = "orders_number"
