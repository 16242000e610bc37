package order

import (
	"time"

	"kept.dev/kit/localcopy"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// Imported is an order of an earlier time, as a file has it. Amounts are minor units of its currency.
type Imported struct {
	ID       string
	Issuer   string // of the number; empty without one
	Number   string
	Customer string
	Currency string
	Lines    []ImportedLine
	Goods    int64 // what the lines cost together
	Delivery int64
	Tax      int64
	AddedTax int64 // what of it was not in the prices
	Discount int64
	Refunded int64
	Placed   time.Time
	Channel  typepb.Channel
	State    orderv1.Order_State // DELIVERED, CANCELLED or RETURNED
	Reason   string              // why it is not DELIVERED
	Note     string
	Digest   int64 // of all that the file says of it
}

// ImportedLine is one product of an imported order.
type ImportedLine struct {
	Product  string // products/{product}
	Name     string // how it was called
	Quantity int64
	Amount   int64 // for all units together
	Returned int64 // units that were given back
}

// Name is the order's name.
func (o Imported) Name() string { return collection + o.ID }

// plain tells whether nothing is said of an order but one sale of one product, which is what very many are.
func (o Imported) plain() bool {
	return o.Number == "" && o.State == orderv1.Order_DELIVERED && o.Goods == o.total() && o.Refunded+o.Tax+o.Discount == 0 && o.Note == ""
}

func (o Imported) total() int64 { return o.Goods + o.Delivery + o.AddedTax }

const (
	insertPlain = `
	insert into orders (id, version, customer, state, promise_state, promise, currency, goods, fee, refunded,
		delivery_option, channel, payment_method, created, delivered, creator_role, creator, cancel_reason, source_import) values`
	insertImported = `
	insert into orders (id, version, customer, state, promise_state, promise, currency, goods, fee, refunded,
		delivery_option, channel, payment_method, created, delivered, creator_role, creator, cancel_reason, source_import,
		cancelled, returned, return_reason, issuer, order_number, delivery_fee, tax, added_tax, discount, note, digest, number_key) values`
)

// InsertImported writes orders that an import brings, and returns those that were not there before.
//
// The same order may come from two replicas at once, or again in another file: the primary key, and the named key orders_number, let one
// of them be.
func InsertImported(tx *sqldb.Tx, sourceImport string, orders []Imported) ([]Imported, error) {
	var plain, full [][]any
	for _, o := range orders {
		row := o.row(sourceImport)
		if o.plain() {
			plain = append(plain, row)
		} else {
			full = append(full, append(row, o.rest()...))
		}
	}
	isNew := map[string]bool{}
	for head, rows := range map[string][][]any{insertPlain: plain, insertImported: full} {
		if len(rows) == 0 {
			continue
		}
		inserted, err := tx.BatchValues(head, rows, "on conflict do nothing returning id")
		if err != nil {
			return nil, err
		}
		for inserted.Next() {
			var id string
			if err := inserted.Scan(&id); err != nil {
				return nil, err
			}
			isNew[id] = true
		}
	}
	var fresh []Imported
	for _, o := range orders {
		if isNew[o.ID] {
			fresh = append(fresh, o)
			delete(isNew, o.ID)
		}
	}
	insertImportedRest(tx, fresh)
	return fresh, nil
}

func (o Imported) row(sourceImport string) []any {
	at, reason := o.Placed.UnixMicro(), ""
	var delivered any = at
	if o.State == orderv1.Order_CANCELLED {
		delivered, reason = nil, o.Reason
	}
	return []any{
		o.ID, 1, o.Customer, int64(o.State), 0, "", o.Currency, o.Goods, 0, o.Refunded,
		"", int64(o.Channel), 0, at, delivered, 0, "", reason, sourceImport,
	}
}

// rest is what rows of plain orders leave to defaults.
func (o Imported) rest() []any {
	var cancelled, returned any
	reason := ""
	switch o.State {
	case orderv1.Order_CANCELLED:
		cancelled = o.Placed.UnixMicro()
	case orderv1.Order_RETURNED:
		returned, reason = o.Placed.UnixMicro(), o.Reason
	}
	key := NumberKey(o.Number)
	if key == o.Number {
		key = ""
	}
	return []any{cancelled, returned, reason, o.Issuer, o.Number, o.Delivery, o.Tax, o.AddedTax, o.Discount, o.Note, o.Digest, key}
}

// insertImportedRest writes what belongs to orders that are new.
func insertImportedRest(tx *sqldb.Tx, orders []Imported) {
	insertImportedLines(tx, orders)
	customers := make([]string, len(orders))
	for i, o := range orders {
		customers[i] = o.Customer
	}
	localcopy.Names(knownCustomers, nil).Keep(tx, customers...)
}

const (
	insertPlainLines = `insert into order_line (order_id, number, product_id, quantity, price) values`
	insertFullLines  = `insert into order_line (order_id, number, product_id, quantity, price, product_name, returned) values`
)

func insertImportedLines(tx *sqldb.Tx, orders []Imported) {
	var plain, full [][]any
	for _, o := range orders {
		n := int64(0)
		for _, l := range o.Lines {
			returned := l.Returned
			for _, s := range evenly(l.Quantity, l.Amount) {
				n++
				row := []any{o.ID, n, productID(l.Product), s.quantity, s.price}
				if l.Name == "" && l.Returned == 0 {
					plain = append(plain, row)
					continue
				}
				back := min(returned, s.quantity)
				returned -= back
				full = append(full, append(row, l.Name, back))
			}
		}
	}
	tx.ExecValues(insertPlainLines, plain, "")
	tx.ExecValues(insertFullLines, full, "")
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
