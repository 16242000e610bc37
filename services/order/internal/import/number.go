package imports

import (
	"maps"
	"slices"

	"kept.dev/kit/sqldb"
	"kept.dev/services/order/internal/order"
)

const (
	insertSeen = `insert into import_seen (import_id, hash, met) values`
	countSeen  = `on conflict (import_id, hash) do update set met = import_seen.met + excluded.met returning hash, met`
)

// number makes the orders that the rows tell of. Rows that are equal are numbered through the whole file, and the number is part
// of the order's id: two equal purchases on one day are two, and the file that is imported again has the same two.
func number(tx *sqldb.Tx, j job, rows []row, who []identified) ([]order.Imported, error) {
	var orders []order.Imported
	var keys []key
	here := map[int64]int64{} // how often each is met in these rows
	for i, r := range rows {
		if r.fault != "" {
			continue
		}
		o := order.Imported{
			Customer: who[i].name, Product: r.order.product, Quantity: r.order.quantity, Amount: r.order.amount,
			Placed: r.order.placed, Channel: j.GetChannel(),
		}
		k := keyOf(j.GetIssuer(), r.customer.GetExternalId(), o)
		orders, keys = append(orders, o), append(keys, k)
		here[k.hash()]++
	}
	met, err := meet(tx, idOf(j.GetName()), here)
	if err != nil {
		return nil, err
	}
	for i, k := range keys {
		h := k.hash()
		met[h]++
		orders[i].ID = k.orderID(orders[i], met[h])
	}
	return orders, nil
}

// meet notes that rows were met, and returns how often each had been before.
func meet(tx *sqldb.Tx, id string, here map[int64]int64) (before map[int64]int64, err error) {
	var rows [][]any
	for _, hash := range slices.Sorted(maps.Keys(here)) {
		rows = append(rows, []any{id, hash, here[hash]})
	}
	counted, err := tx.BatchValues(insertSeen, rows, countSeen)
	if err != nil {
		return nil, err
	}
	before = map[int64]int64{}
	for counted.Next() {
		var hash, met int64
		if err := counted.Scan(&hash, &met); err != nil {
			return nil, err
		}
		before[hash] = met - here[hash]
	}
	return before, nil
}
