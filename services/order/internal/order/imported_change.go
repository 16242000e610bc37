package order

import (
	"errors"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Known is an order that an import has brought before.
type Known struct {
	ID      string
	Digest  int64
	Version int64
	// Touched tells that it has been changed here since an import has left it.
	Touched bool
}

const selectKnown = `select order_number, id, digest, version, imported_version from orders where issuer = $1 and order_number in `

// FindImported finds the orders of an issuer that have these numbers, by number.
func FindImported(tx *sqldb.Tx, issuer string, numbers []string) (map[string]Known, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	list, args := sqldb.List(2, numbers)
	rows, err := tx.Query(selectKnown+list, append([]any{issuer}, args...)...)
	known := map[string]Known{}
	for err == nil && rows.Next() {
		var number string
		var k Known
		var left int64
		err = rows.Scan(&number, &k.ID, &k.Digest, &k.Version, &left)
		k.Touched = k.Version != left
		known[number] = k
	}
	return known, err
}

// errMoved says that somebody else has changed an order meanwhile. Whoever hears it starts again.
var errMoved = errors.New("an order has been changed meanwhile")

const updateImported = `
	update orders set
		version = version + 1, imported_version = version + 1, customer = $3, state = $4, currency = $5, goods = $6, refunded = $7,
		channel = $8, created = $9, delivered = $10, cancelled = $11, cancel_reason = $12, returned = $13, return_reason = $14,
		delivery_fee = $15, tax = $16, added_tax = $17, discount = $18, note = $19, digest = $20
	where id = $1 and version = $2
	returning id`

// ChangeImported makes an order what a later file says of it. The order has the id and is at the version that are known of it.
func ChangeImported(tx *sqldb.Tx, k Known, o Imported) error {
	row, rest := o.row(""), o.rest()
	rows, err := tx.Query(updateImported, k.ID, k.Version, o.Customer, int64(o.State), o.Currency, o.Goods, o.Refunded,
		int64(o.Channel), row[13], row[14], rest[0], row[17], rest[1], rest[2],
		o.Delivery, o.Tax, o.AddedTax, o.Discount, o.Note, o.Digest)
	if err != nil {
		return err
	}
	if rows.Len() == 0 {
		return errMoved
	}
	o.ID = k.ID
	tx.Exec(`delete from order_line where order_id = $1`, k.ID)
	insertImportedRest(tx, []Imported{o})
	return nil
}

const selectByID = selectOrders + ` where id in `

// ImportedFacts are what is said of imported orders with these ids, as they are now.
func ImportedFacts(tx *sqldb.Tx, ids []string) ([]*orderv1.OrdersImported_Order, error) {
	orders, err := imported(tx, ids)
	facts := make([]*orderv1.OrdersImported_Order, len(orders))
	for i, o := range orders {
		facts[i] = importedFact(o)
	}
	return facts, err
}

// imported reads orders with their lines.
func imported(tx *sqldb.Tx, ids []string) ([]*orderv1.Order, error) {
	list, args := sqldb.List(1, ids)
	results, err := tx.Batch(sqldb.Q(selectByID+list+` order by id`, args...), SelectLines(ids...))
	if err != nil {
		return nil, err
	}
	orders, err := sqldb.All(results[0], Scan)
	if err != nil {
		return nil, err
	}
	return orders, AddLines(orders, results[1])
}

// There tells which orders there are of those with these ids.
func There(tx *sqldb.Tx, ids []string) (map[string]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := sqldb.List(1, ids)
	rows, err := tx.Query(`select id from orders where id in `+list, args...)
	there := map[string]bool{}
	for err == nil && rows.Next() {
		var id string
		err = rows.Scan(&id)
		there[id] = true
	}
	return there, err
}
