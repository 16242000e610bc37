package account

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const noteReturned = `
	insert into purchase (order_id, returned) values ($1, $2)
	on conflict (order_id) do update set returned = excluded.returned where purchase.returned is null
	returning delivered`

// onOrderReturned takes back what the order earned, whatever a programme counts by now. Of an order whose delivery has
// not been heard of yet, it is noted; its earnings are taken back with the entry that makes them.
func (s *Service) onOrderReturned(
	ctx context.Context, tx *sqldb.Tx, e event.Event, returned *orderv1.OrderReturned,
) error {
	open(tx, s.clock.Now(), holder{mainProgram, customerID(returned.GetCustomer())})
	order := orderID(returned.GetOrder())
	results, err := tx.Batch(
		sqldb.Q(noteReturned, order, e.Time.UnixMicro()),
		earnedSoFar(order))
	if err != nil || results[0].Len() == 0 {
		return err
	}
	earnings, err := sqldb.All(results[1], scanEarned)
	if err != nil {
		return err
	}
	_, err = s.post(ctx, tx, s.reversals(order, earnings)...)
	return err
}

func scanEarned(r *sqldb.Rows) (e entry, err error) {
	return e, r.Scan(&e.program, &e.customer, &e.points)
}

// reversals take back what an order earned.
func (s *Service) reversals(order string, earnings []entry) []entry {
	entries := make([]entry, len(earnings))
	for i, e := range earnings {
		entries[i] = entry{
			id: id.New(), holder: e.holder, kind: loyaltyv1.Posting_REVERSAL, reference: "return/" + order,
			about: orderCollection + order, reason: "The order was returned", points: -e.points, at: s.clock.Now(),
		}
	}
	return entries
}
