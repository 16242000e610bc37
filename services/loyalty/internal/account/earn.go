package account

import (
	"context"
	"fmt"

	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

const selectRates = `select id, points_per_unit, currency from program where points_per_unit > 0 order by id`

// rate is how a programme counts.
type rate struct {
	program  string
	perUnit  int64
	currency string // empty for any
}

func scanRate(r *sqldb.Rows) (p rate, err error) {
	return p, r.Scan(&p.program, &p.perUnit, &p.currency)
}

// earn credits what purchases earn, in every programme in which they do, unless it has been heard of them before. What has
// been sent back already is entered and taken back at once, so that the end is the same in whatever order the two are heard
// of. However many purchases there are, it takes two round trips, and the rest travels with the commit.
func (s *Service) earn(ctx context.Context, tx *sqldb.Tx, heard ...purchase) error {
	notes := noteDelivered(heard)
	results, err := tx.Batch(append(notes, sqldb.Q(selectRates))...)
	if err != nil {
		return err
	}
	fresh, err := firstHeard(heard, results[:len(notes)])
	if err != nil || len(fresh) == 0 {
		return err
	}
	rates, err := sqldb.All(results[len(notes)], scanRate)
	if err != nil {
		return err
	}
	entries, err := s.entriesOf(fresh, rates)
	if err != nil {
		return err
	}
	return s.credit(ctx, tx, customersOf(fresh), entries)
}

// entriesOf are the entries of purchases one after the other, each with those that take it back if it was returned.
func (s *Service) entriesOf(purchases []purchase, rates []rate) (entries []entry, err error) {
	for _, p := range purchases {
		earnings, err := s.earnings(p, rates)
		if err != nil {
			return nil, err
		}
		entries = append(entries, earnings...)
		if p.returned {
			entries = append(entries, s.reversals(p.order, p.traceparent, earnings)...)
		}
	}
	return entries, nil
}

// earnings are a purchase's entries, one in each programme in which it earns.
func (s *Service) earnings(p purchase, rates []rate) (entries []entry, err error) {
	for _, r := range rates {
		if r.currency != "" && r.currency != p.goods.Currency {
			continue
		}
		points, err := earned(p.goods, r.perUnit)
		if err != nil {
			return nil, fmt.Errorf("order %s in %s: %w", p.order, r.program, err)
		}
		if points == 0 {
			continue
		}
		entries = append(entries, entry{
			id: id.New(), holder: holder{r.program, p.customer}, kind: loyaltyv1.Posting_EARNING, reference: earningOf(p.order),
			about: orderCollection + p.order, reason: "The order was delivered", points: points, at: s.clock.Now(), traceparent: p.traceparent,
		})
	}
	return entries, nil
}

// earningOf is what an order's earnings are entered under.
func earningOf(order string) string { return "order/" + order }
