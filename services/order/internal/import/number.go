package imports

import (
	"fmt"
	"maps"
	"slices"

	"kept.dev/kit/sqldb"
)

const (
	insertSeen = `insert into import_seen (import_id, hash, met) values`
	countSeen  = `on conflict (import_id, hash) do update set met = import_seen.met + excluded.met returning hash, met`
)

// taken is a document that is to be written.
type taken struct {
	*document
	customer string
	created  bool // whether nobody knew the customer
	id       string
	digest   int64
}

// errScattered says that the rows of an order do not stand together.
const errScattered = "its order %.64s has rows further up in the file; sort the file by order_id"

// number gives documents their ids. Those without a number that are equal are counted through the whole file, and the count is part of
// the id: two equal purchases on one day are two, and the file that is imported again has the same two. A number that comes again in
// one file is a fault.
func number(tx *sqldb.Tx, j job, b *batch, who []identified) ([]taken, error) {
	keys := make([]key, len(b.documents))
	here := map[int64]int64{} // how often each is met in these rows
	for i, d := range b.documents {
		keys[i] = keyOf(j.GetIssuer(), d, who[i].name)
		here[keys[i].hash()]++
	}
	for _, n := range b.refused { // so that what comes of them further down is not taken for the whole
		here[keyFrom(saleKey, j.GetIssuer(), n).hash()]++
		here[keyFrom(returnKey, j.GetIssuer(), n).hash()]++
	}
	met, err := meet(tx, idOf(j.GetName()), here)
	if err != nil {
		return nil, err
	}
	all := make([]taken, 0, len(keys))
	for i, d := range b.documents {
		h := keys[i].hash()
		met[h]++
		n := met[h]
		if d.number != "" {
			if n > 1 {
				b.blame(d, fmt.Sprintf(errScattered, d.number))
				continue
			}
			n = 1
		}
		all = append(all, taken{
			document: d, customer: who[i].name, created: who[i].created, id: keys[i].orderID(d.placed, n), digest: d.digest(who[i].name),
		})
	}
	return all, nil
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
