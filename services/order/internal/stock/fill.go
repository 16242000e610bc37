package stock

import "kept.dev/kit/sqldb"

// What an order is owed changes under the order's lock only, and stock is locked after orders: so who answers, cancels or
// picks at the same moment comes before or after, and nobody waits in a circle.
const lockWaiting = `
	update orders set owed = owed
	where id in (select order_id from shortage where product_id = $1 and owed > 0)
	returning id`

const selectWaiting = `
	select id, order_id, owed from shortage
	where product_id = $1 and owed > 0
	order by created, id`

// fill gives units that come to those who wait for them, and returns how many it gave: they have to be held.
func fill(tx *sqldb.Tx, product string, units int64) (filled int64, err error) {
	if units <= 0 {
		return 0, nil
	}
	locked, err := tx.Query(lockWaiting, product)
	if err != nil || locked.Len() == 0 {
		return 0, err
	}
	mine := map[string]bool{}
	for locked.Next() {
		var order string
		if err := locked.Scan(&order); err != nil {
			return 0, err
		}
		mine[order] = true
	}
	rows, err := tx.Query(selectWaiting, product)
	if err != nil {
		return 0, err
	}
	all, err := sqldb.All(rows, scanWaiting)
	if err != nil {
		return 0, err
	}
	for _, w := range share(all, mine, units) {
		tx.Exec(`update shortage set owed = owed - $2 where id = $1`, w.shortage, w.owed)
		tx.Exec(`update orders set owed = owed - $2 where id = $1`, w.order, w.owed)
		filled += w.owed
	}
	return filled, nil
}

// waiting is a shortage of which units are owed.
type waiting struct {
	shortage, order string
	owed            int64
}

func scanWaiting(r *sqldb.Rows) (w waiting, err error) {
	err = r.Scan(&w.shortage, &w.order, &w.owed)
	return w, err
}

// share gives out units to those who wait, the first first, and returns who gets how many. Who came after the orders were
// locked is left for the next delivery.
func share(all []waiting, locked map[string]bool, units int64) []waiting {
	var given []waiting
	for _, w := range all {
		if units == 0 {
			break
		}
		if !locked[w.order] {
			continue
		}
		w.owed = min(w.owed, units)
		units -= w.owed
		given = append(given, w)
	}
	return given
}
