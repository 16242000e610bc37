package insight

import (
	"context"

	"kept.dev/kit/inbox"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersReturned has the orders count no more.
func (s *Service) onOrdersReturned(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrderReturned]) error {
	purchases := make([]purchase, len(events))
	for i, e := range events {
		purchases[i] = purchase{order: e.Fact.GetOrder(), customer: e.Fact.GetCustomer()}
	}
	note(tx, void, purchases...)
	return nil
}
