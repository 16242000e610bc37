package account

import (
	"context"
	"slices"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// The first fact of an import has a row, as the first delivery has; so has the first after it was taken back. A fact that was said before
// another that has been heard of already counts no more, and no row comes back.
const (
	insertImported = `insert into purchase (order_id, delivered, imported, removed) values`
	firstImported  = `
		on conflict (order_id) do update set
			delivered = excluded.delivered, imported = excluded.imported, removed = 0, times = purchase.times + purchase.removed
		where purchase.imported <= excluded.imported and (purchase.delivered is null or purchase.removed = 1)
		returning order_id, returned, times`
	laterImported = `
		on conflict (order_id) do update set delivered = excluded.delivered, imported = excluded.imported, removed = excluded.removed
		where purchase.imported <= excluded.imported
		returning order_id, returned, 1`
)

// earnImported credits what imported orders earn that are heard of for the first time: as deliveries do. What has been taken back and comes
// again is brought to what it earns now.
func (s *Service) earnImported(ctx context.Context, tx *sqldb.Tx, e event.Event, heard []purchase) error {
	notes, rates, err := noteImported(tx, heard, e, firstImported, 0)
	if err != nil {
		return err
	}
	var fresh, again []purchase
	for _, p := range heard {
		n, counts := notes[p.order]
		delete(notes, p.order) // which may be told of twice
		switch {
		case !counts:
		case n.times == 0:
			p.returned = n.returned
			fresh = append(fresh, p)
		case !n.returned:
			again = append(again, p)
		}
	}
	if len(fresh) > 0 {
		entries, err := s.entriesOf(fresh, rates)
		if err != nil {
			return err
		}
		if err := s.credit(ctx, tx, customersOf(fresh), entries); err != nil {
			return err
		}
	}
	return s.adjust(ctx, tx, e, again, rates)
}

// changeImported brings what orders have earned so far to what they earn now; nothing, where they are removed. Of those that the company
// has taken back itself nothing is left.
func (s *Service) changeImported(ctx context.Context, tx *sqldb.Tx, e event.Event, heard []purchase, removed int64) error {
	if len(heard) == 0 {
		return nil
	}
	notes, rates, err := noteImported(tx, heard, e, laterImported, removed)
	if err != nil {
		return err
	}
	var left []purchase
	for _, p := range heard {
		n, counts := notes[p.order]
		delete(notes, p.order)
		if counts && !n.returned {
			left = append(left, p)
		}
	}
	return s.adjust(ctx, tx, e, left, rates)
}

// noted is what is known of a purchase whose fact counts.
type noted struct {
	returned bool
	times    int64
}

// noteImported notes purchases, each once, and in an order in which everybody locks them, and reads the rates.
func noteImported(tx *sqldb.Tx, heard []purchase, e event.Event, tail string, removed int64) (map[string]noted, []rate, error) {
	ids := make([]string, len(heard))
	for i, p := range heard {
		ids[i] = p.order
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id, e.Time.UnixMicro(), e.Time.UnixMicro(), removed}
	}
	statements := sqldb.Values(insertImported, rows, tail)
	results, err := tx.Batch(append(statements, sqldb.Q(selectRates))...)
	if err != nil {
		return nil, nil, err
	}
	notes := map[string]noted{}
	for _, rows := range results[:len(statements)] {
		for rows.Next() {
			var id string
			var returned *int64
			var times int64
			if err := rows.Scan(&id, &returned, &times); err != nil {
				return nil, nil, err
			}
			notes[id] = noted{returned != nil, times}
		}
	}
	rates, err := sqldb.All(results[len(statements)], scanRate)
	return notes, rates, err
}

// selectEarnedSoFar adds up what an order has earned: by its delivery, and by what imports said of it later. "0" follows "/".
const selectEarnedSoFar = `
	select p.program, p.customer, cast(sum(p.points) as bigint) from entry e join posting p on p.entry_id = e.id and p.customer <> ''
	where e.reference = $1 or e.reference > $1 || '/' and e.reference < $1 || '0'
	group by p.program, p.customer
	having sum(p.points) <> 0
	order by p.program, p.customer`

func earnedSoFar(order string) *sqldb.Stmt { return sqldb.Q(selectEarnedSoFar, earningOf(order)) }

// adjust changes what orders have earned so far to what they earn now.
func (s *Service) adjust(ctx context.Context, tx *sqldb.Tx, e event.Event, purchases []purchase, rates []rate) error {
	if len(purchases) == 0 {
		return nil
	}
	queries := make([]*sqldb.Stmt, len(purchases))
	for i, p := range purchases {
		queries[i] = earnedSoFar(p.order)
	}
	results, err := tx.Batch(queries...)
	if err != nil {
		return err
	}
	var more, less []entry
	for i, p := range purchases {
		had, err := sqldb.All(results[i], scanEarned)
		if err != nil {
			return err
		}
		entries, err := s.differences(p, e, had, rates)
		if err != nil {
			return err
		}
		for _, d := range entries {
			if d.points > 0 {
				more = append(more, d)
			} else {
				less = append(less, d)
			}
		}
	}
	if len(more) > 0 {
		if err := s.credit(ctx, tx, nil, more); err != nil {
			return err
		}
	}
	_, err = s.post(ctx, tx, less...)
	return err
}

// differences are the entries between what an order has earned so far and what it earns now.
func (s *Service) differences(p purchase, e event.Event, had []entry, rates []rate) (entries []entry, err error) {
	now, err := s.earnings(p, rates)
	if err != nil {
		return nil, err
	}
	points := map[holder]int64{}
	for _, n := range now {
		points[n.holder] += n.points
	}
	for _, h := range had {
		points[h.holder] -= h.points
	}
	for h, n := range points {
		if n == 0 {
			continue
		}
		d := entry{
			id: id.New(), holder: h, kind: loyaltyv1.Posting_EARNING, reference: earningOf(p.order) + "/" + e.ID, about: orderCollection + p.order,
			reason: "The order was changed by an import", points: n, at: s.clock.Now(),
		}
		if n < 0 {
			d.kind, d.reference = loyaltyv1.Posting_REVERSAL, d.reference+"/less"
		}
		entries = append(entries, d)
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.compare(b.holder) })
	return entries, nil
}
