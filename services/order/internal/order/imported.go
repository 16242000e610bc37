package order

import (
	"time"

	"kept.dev/kit/localcopy"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	commonv1 "kept.dev/proto/gen/kept/common/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Imported is an order of an earlier time: delivered, and paid.
type Imported struct {
	ID       string
	Customer string
	Product  string
	Quantity int64
	Amount   money.Amount // for all units together
	Placed   time.Time
	Channel  commonv1.Channel
}

// Name is the order's name.
func (o Imported) Name() string { return collection + o.ID }

const (
	insertImported = `
	insert into orders (id, version, customer, state, promise_state, promise, currency, goods, fee, refunded,
		delivery_option, channel, payment_method, created, delivered, creator_role, creator, cancel_reason, source_import) values`
	insertImportedLines = `insert into order_line (order_id, number, product_id, quantity, price) values`
)

// InsertImported writes orders that an import brings, and returns those that were not there before.
//
// The same row of a file may come from two replicas at once, or again in another file: it has the same id, and the primary key
// lets one of them be.
func InsertImported(tx *sqldb.Tx, sourceImport string, orders []Imported) ([]Imported, error) {
	rows := make([][]any, len(orders))
	for i, o := range orders {
		at := o.Placed.UnixMicro()
		rows[i] = []any{
			o.ID, 1, o.Customer, int64(orderv1.Order_DELIVERED), 0, "", o.Amount.Currency, o.Amount.Minor, 0, 0,
			"", int64(o.Channel), 0, at, at, 0, "", "", sourceImport,
		}
	}
	inserted, err := tx.BatchValues(insertImported, rows, "on conflict (id) do nothing returning id")
	if err != nil {
		return nil, err
	}
	isNew := map[string]bool{}
	for inserted.Next() {
		var id string
		if err := inserted.Scan(&id); err != nil {
			return nil, err
		}
		isNew[id] = true
	}
	var fresh []Imported
	for _, o := range orders {
		if isNew[o.ID] {
			fresh = append(fresh, o)
		}
	}
	insertImportedRest(tx, fresh)
	return fresh, nil
}

// insertImportedRest writes what belongs to orders that are new.
func insertImportedRest(tx *sqldb.Tx, orders []Imported) {
	var lines [][]any
	var customers []string
	for _, o := range orders {
		for i, l := range evenly(o.Quantity, o.Amount.Minor) {
			lines = append(lines, []any{o.ID, int64(i + 1), productID(o.Product), l.quantity, l.price})
		}
		customers = append(customers, o.Customer)
	}
	tx.ExecValues(insertImportedLines, lines, "")
	localcopy.Names(knownCustomers, nil).Keep(tx, customers...)
}

// share is how many units cost how much each.
type share struct{ quantity, price int64 }

// evenly spreads an amount over units, so that no cent is lost: where it can't be divided, some units cost one cent more than
// the others, and are a line of their own.
func evenly(quantity, amount int64) []share {
	price, more := amount/quantity, amount%quantity
	if more == 0 {
		return []share{{quantity, price}}
	}
	return []share{{quantity - more, price}, {more, price + 1}}
}
