package account

import (
	"context"
	"fmt"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// The first delivery that is heard of has a row, with the return if that was heard of before.
const noteDelivered = `
	insert into purchase (order_id, delivered) values ($1, $2)
	on conflict (order_id) do update set delivered = excluded.delivered where purchase.delivered is null
	returning returned`

const selectEarning = `
	select id, points_per_unit from program where currency in ('', $1) and points_per_unit > 0 order by id`

// onOrderDelivered credits what an order earns, in every programme in which it does. What has been sent back already is
// entered and taken back at once, so that the end is the same in whatever order the two are heard of.
func (s *Service) onOrderDelivered(
	ctx context.Context, tx *sqldb.Tx, e event.Event, delivered *orderv1.OrderDelivered,
) error {
	goods, err := goodsOf(delivered)
	if err != nil {
		return fmt.Errorf("goods of %s: %w", delivered.GetOrder(), err)
	}
	open(tx, holder{mainProgram, customerID(delivered.GetCustomer())}, s.clock.Now())
	results, err := tx.Batch(
		sqldb.Q(noteDelivered, orderID(delivered.GetOrder()), e.Time.UnixMicro()),
		sqldb.Q(selectEarning, goods.Currency))
	if err != nil || results[0].Len() == 0 {
		return err
	}
	returned, err := sqldb.One(results[0], scanHeard)
	if err != nil {
		return err
	}
	rates, err := sqldb.All(results[1], scanRate)
	if err != nil {
		return err
	}
	entries, err := s.earnings(tx, delivered, goods, rates)
	if err != nil {
		return err
	}
	if returned {
		entries = append(entries, s.reversals(delivered.GetOrder(), entries)...)
	}
	_, err = s.post(ctx, tx, entries...)
	return err
}

// goodsOf is what was paid for the goods; nothing where the event does not say.
func goodsOf(delivered *orderv1.OrderDelivered) (money.Amount, error) {
	if delivered.GetGoodsAmount() == nil {
		return money.Amount{}, nil
	}
	return money.Parse(delivered.GetGoodsAmount())
}

// rate is how a programme counts.
type rate struct {
	program string
	perUnit int64
}

func scanRate(r *sqldb.Rows) (p rate, err error) {
	return p, r.Scan(&p.program, &p.perUnit)
}

// scanHeard tells whether the other fact of an order has been heard of.
func scanHeard(r *sqldb.Rows) (bool, error) {
	var at *int64
	err := r.Scan(&at)
	return at != nil, err
}

// earnings are the entries of an order that was delivered, and opens the accounts for them.
func (s *Service) earnings(
	tx *sqldb.Tx, delivered *orderv1.OrderDelivered, goods money.Amount, rates []rate,
) (entries []entry, err error) {
	now := s.clock.Now()
	for _, r := range rates {
		points, err := earned(goods, r.perUnit)
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", delivered.GetOrder(), r.program, err)
		}
		if points == 0 {
			continue
		}
		h := holder{r.program, customerID(delivered.GetCustomer())}
		if r.program != mainProgram {
			open(tx, h, now)
		}
		entries = append(entries, entry{
			id: id.New(), holder: h, kind: loyaltyv1.Posting_EARNING, reference: earningOf(delivered.GetOrder()),
			about: delivered.GetOrder(), reason: "The order was delivered", points: points, at: now,
		})
	}
	return entries, nil
}

func orderID(name string) string { return strings.TrimPrefix(name, "orders/") }

func earningOf(order string) string { return "order/" + orderID(order) }
