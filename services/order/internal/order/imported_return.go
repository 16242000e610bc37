package order

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// ImportedReturn is goods that were given back at an earlier time, as a file says by itself. Its lines have more than nothing.
type ImportedReturn struct {
	ID       string
	Issuer   string
	Number   string
	Customer string
	Currency string
	Amount   int64 // what went back, in minor units
	Lines    []ImportedLine
	At       time.Time
	Channel  typepb.Channel
}

const selectCandidates = selectOrders + `
	where customer = $1 and created <= $2 and currency = $3 and source_import <> '' and state = 4 and version = imported_version
	order by created desc, id desc limit 100`

// withLines reads the lines of orders.
func withLines(tx *sqldb.Tx, orders []*orderv1.Order) error {
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = idOf(o.GetName())
	}
	rows, err := tx.Batch(SelectLines(ids...))
	if err != nil {
		return err
	}
	return AddLines(orders, rows[0])
}

const giveBack = `
	update orders set
		version = version + 1, imported_version = imported_version + 1, refunded = refunded + $3,
		state = case when refunded + $3 >= goods then 6 else 4 end,
		returned = case when refunded + $3 >= goods then cast($4 as bigint) end,
		return_reason = case when refunded + $3 >= goods then $5 else '' end
	where id = $1 and version = $2
	returning id`

// GiveBack takes a return from the order whose goods it gives back: of the customer's imported orders the one whose number its own
// begins with, else the latest that has all of the goods. Where there is none, the return stands for an order of its own, all of which
// went back. It returns that order's id.
func GiveBack(tx *sqldb.Tx, sourceImport string, r ImportedReturn) (id string, err error) {
	rows, err := tx.Query(selectCandidates, r.Customer, r.At.UnixMicro(), r.Currency)
	if err != nil {
		return "", err
	}
	orders, err := sqldb.All(rows, Scan)
	if err != nil || len(orders) == 0 {
		return r.alone(tx, sourceImport, err)
	}
	err = withLines(tx, orders)
	o := r.from(orders)
	if err != nil || o == nil {
		return r.alone(tx, sourceImport, err)
	}
	moved, err := tx.Query(giveBack, idOf(o.GetName()), Version(o), r.Amount, r.At.UnixMicro(), r.reason())
	if err == nil && moved.Len() == 0 {
		err = errMoved
	}
	moveUnits(tx, o, r.Lines, 1)
	return idOf(o.GetName()), err
}

func (r ImportedReturn) reason() string { return strings.TrimSpace("Returned " + r.Number) }

// returns comes after the issuer of a return that stands for an order: orders have numbers of their own.
const returns = "/returns"

// alone is a return of which no order is known.
func (r ImportedReturn) alone(tx *sqldb.Tx, sourceImport string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	o := Imported{
		ID: r.ID, Issuer: r.Issuer + returns, Number: r.Number, Customer: r.Customer, Currency: r.Currency, Goods: r.Amount, Refunded: r.Amount,
		Placed: r.At, Channel: r.Channel, State: orderv1.Order_RETURNED, Reason: r.reason(),
	}
	for _, l := range r.Lines {
		l.Returned = l.Quantity
		o.Lines = append(o.Lines, l)
	}
	_, err = InsertImported(tx, sourceImport, []Imported{o})
	return r.ID, err
}

// from is the order that the return is taken from, if there is one.
func (r ImportedReturn) from(orders []*orderv1.Order) (latest *orderv1.Order) {
	for _, o := range orders {
		if !r.fits(o) {
			continue
		}
		if named(r.Number, o.GetOrderNumber()) {
			return o
		}
		if latest == nil {
			latest = o
		}
	}
	return latest
}

// named tells a number such as 1501-R or 1501/1, which says that it belongs to 1501, or 1501 itself.
func named(number, order string) bool {
	rest, begins := strings.CutPrefix(number, order)
	next, _ := utf8.DecodeRuneInString(rest)
	return order != "" && begins && !unicode.IsLetter(next) && !unicode.IsDigit(next)
}

func (r ImportedReturn) fits(o *orderv1.Order) bool {
	total, _ := money.Parse(o.GetTotalAmount()) // made by us, always amounts
	refunded, _ := money.Parse(o.GetRefundedAmount())
	if total.Minor-refunded.Minor < r.Amount {
		return false
	}
	there := map[string]int64{}
	for _, l := range o.GetLines() {
		there[l.GetProduct()] += Coming(l)
	}
	for _, l := range r.Lines {
		if there[l.Product] -= l.Quantity; there[l.Product] < 0 {
			return false
		}
	}
	return true
}

// moveUnits notes units of an order's lines as given back (sign 1), or as not given back after all (sign -1).
func moveUnits(tx *sqldb.Tx, o *orderv1.Order, lines []ImportedLine, sign int64) {
	for _, back := range lines {
		left := back.Quantity
		for i, l := range o.GetLines() {
			most := Coming(l)
			if sign < 0 {
				most = l.GetReturnedQuantity()
			}
			units := min(left, most)
			if l.GetProduct() != back.Product || units == 0 {
				continue
			}
			left -= units
			l.ReturnedQuantity += sign * units
			tx.Exec(`update order_line set returned = returned + $3 where order_id = $1 and number = $2`, idOf(o.GetName()), int64(i+1), sign*units)
		}
	}
}

const keepAfterAll = `
	update orders set
		version = version + 1, imported_version = imported_version + 1, refunded = refunded - $3, state = 4, returned = null, return_reason = ''
	where id = $1 and version = $2
	returning id`

// KeepAfterAll takes a return off the order that it had been taken from. It tells whether that could be: an order that has been changed
// here since stays as it is.
func KeepAfterAll(tx *sqldb.Tx, id string, r ImportedReturn) (bool, error) {
	if id == r.ID {
		removed, err := RemoveImported(tx, []string{id})
		return len(removed) > 0, err
	}
	rows, err := tx.Query(selectOrders+` where id = $1 and version = imported_version`, id)
	if err != nil || rows.Len() == 0 {
		return false, err
	}
	orders, err := sqldb.All(rows, Scan)
	if err != nil {
		return false, err
	}
	if err := withLines(tx, orders); err != nil {
		return false, err
	}
	moved, err := tx.Query(keepAfterAll, id, Version(orders[0]), r.Amount)
	if err == nil && moved.Len() == 0 {
		err = errMoved
	}
	moveUnits(tx, orders[0], r.Lines, -1)
	return err == nil, err
}

const removeImported = `
	delete from orders where source_import <> '' and version = imported_version and id in %s
	returning id, customer`

// RemoveImported deletes orders that imports have brought, and returns those that have gone: not those that have been changed here
// since.
func RemoveImported(tx *sqldb.Tx, ids []string) ([]*orderv1.ImportedOrdersRemoved_Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := sqldb.List(1, ids)
	rows, err := tx.Query(strings.Replace(removeImported, "%s", list, 1), args...)
	if err != nil {
		return nil, err
	}
	var gone []string
	removed, err := sqldb.All(rows, func(r *sqldb.Rows) (*orderv1.ImportedOrdersRemoved_Order, error) {
		o, id := &orderv1.ImportedOrdersRemoved_Order{}, ""
		err := r.Scan(&id, &o.Customer)
		o.Order, gone = collection+id, append(gone, id)
		return o, err
	})
	if err == nil && len(gone) > 0 {
		list, args := sqldb.List(1, gone)
		tx.Exec(`delete from order_line where order_id in `+list, args...)
	}
	return removed, err
}
