package stock

import (
	"strings"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func productID(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(name, "products/"), "/stock")
}

func scan(r *sqldb.Rows) (*orderv1.Stock, error) {
	var id string
	s := &orderv1.Stock{}
	err := r.Scan(&id, &s.OnHandQuantity, &s.HeldQuantity)
	s.Name = "products/" + id + "/stock"
	s.AvailableQuantity = s.OnHandQuantity - s.HeldQuantity
	return s, err
}

// Hold keeps units for an order. Any number of buyers may press the button at once, on any replica: the row refuses
// more than is on hand, so there is no look before.
func Hold(tx *sqldb.Tx, product string, quantity int64) {
	id := productID(product)
	tx.Exec(`update stock set held = held + $2 where product_id = $1`, id, quantity).Hot(id).
		Refuse("stock_held_within_on_hand",
			errs.Refused("OUT_OF_STOCK", "there are not %d of %s left", quantity, product).With("product", product))
}

// Release gives held units back.
func Release(tx *sqldb.Tx, product string, quantity int64) {
	id := productID(product)
	tx.Exec(`update stock set held = held - $2 where product_id = $1`, id, quantity).Hot(id)
}

// Remove takes held units from the shelf: they are picked, or turned out not to be there.
func Remove(tx *sqldb.Tx, product string, quantity int64) {
	id := productID(product)
	tx.Exec(`update stock set held = held - $2, on_hand = on_hand - $2 where product_id = $1`, id, quantity).Hot(id)
}

// PutBack puts units that were taken from the shelf back on it.
func PutBack(tx *sqldb.Tx, product string, quantity int64) {
	id := productID(product)
	tx.Exec(`update stock set on_hand = on_hand + $2 where product_id = $1`, id, quantity).Hot(id)
}
