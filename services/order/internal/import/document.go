package imports

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// complete puts the lines of a document together with what is said of the whole of it.
func (f csvForm) complete(d *document, values []string, lines []line) error {
	e, err := f.extras(values, d.currency)
	if err != nil {
		return err
	}
	d.note = clipped(f.value(values, "note"), maxNote)
	if isReturn(lines) {
		return d.giveBack(lines, e)
	}
	back, err := d.sell(lines)
	if err != nil {
		return err
	}
	if err := d.add(e, back); err != nil {
		return err
	}
	status := f.value(values, "status")
	return d.judge(status, f.value(values, "cancelled") != "", e.refunded != nil || back > 0)
}

// isReturn tells whether nothing is sold, and something given back.
func isReturn(lines []line) bool {
	for _, l := range lines {
		if l.quantity > 0 && l.amount >= 0 {
			return false
		}
	}
	return true
}

func (d *document) giveBack(lines []line, e extras) error {
	d.isReturn, d.state = true, orderv1.Order_RETURNED
	var sum int64
	for _, l := range lines {
		if l.amount == 0 && l.quantity > 0 {
			continue
		}
		d.lines = append(d.lines, l.imported())
		sum += abs(l.amount)
	}
	d.goods = max(sum, or0(e.total))
	return inRange(d.goods)
}

// sell enters the lines that are sold, and takes off what is given back of them, or less than nothing. It returns what went back.
func (d *document) sell(lines []line) (back int64, err error) {
	for _, l := range lines {
		if l.quantity > 0 && l.amount >= 0 {
			d.lines = append(d.lines, l.imported())
			if d.goods += l.amount; inRange(d.goods) != nil {
				return 0, inRange(d.goods)
			}
		}
	}
	for _, l := range lines {
		switch {
		case l.back():
			back += abs(l.amount)
			d.takeBack(l)
		case l.amount < 0: // a line such as "discount: -5.00"
			d.discount += abs(l.amount)
		}
	}
	return back, nil
}

// takeBack notes units as given back of the lines that sold them.
func (d *document) takeBack(l line) {
	left := abs(l.quantity)
	for i := range d.lines {
		if sold := &d.lines[i]; sold.Product == l.product {
			units := min(left, sold.Quantity-sold.Returned)
			sold.Returned += units
			left -= units
		}
	}
}

func inRange(minor int64) error {
	if minor > money.Max {
		return errors.New("comes to more than can be counted")
	}
	return nil
}

// add adds what is said of the whole order. What it came to in total decides: whether a discount is in the prices already, whether tax
// came on top of them, and what else there was.
func (d *document) add(e extras, back int64) error {
	lines, off := d.goods, d.discount
	d.discount, d.delivery, d.tax = off+or0(e.discount), or0(e.shipping), or0(e.tax)
	if e.total != nil {
		d.fit(lines, off, *e.total, back)
	}
	if d.discount > lines {
		return errors.New("the discount is more than the goods cost")
	}
	d.goods = lines - d.discount
	d.spread(lines)
	if d.refunded = or0(e.refunded); e.refunded == nil {
		d.refunded = back
	}
	if d.refunded > d.total() {
		return errors.New("more was given back than was paid")
	}
	return inRange(d.total())
}

// fit finds the way in which lines, discount, delivery and tax come to the total.
func (d *document) fit(lines, off, total, back int64) {
	said := d.discount
	for _, t := range []int64{total, total + back} { // which some write less what went back
		switch t {
		case lines - said + d.delivery:
			return
		case lines - said + d.delivery + d.tax:
			d.addedTax = d.tax
			return
		case lines - off + d.delivery:
			d.discount = off
			return
		case lines - off + d.delivery + d.tax:
			d.discount, d.addedTax = off, d.tax
			return
		}
	}
	if more := total - (lines - said + d.delivery); more > 0 {
		d.delivery += more
	} else if d.discount -= more; d.discount > lines { // the total is less than the delivery
		d.discount, d.delivery = lines, total
	}
	d.tax = min(d.tax, total)
}

// spread takes the discount off the lines, from each its part. What is left of cents goes to the first that have any.
func (d *document) spread(lines int64) {
	if d.discount == 0 || lines == 0 {
		return
	}
	left := d.discount
	for i := range d.lines {
		part := mulDiv(d.discount, d.lines[i].Amount, lines)
		d.lines[i].Amount -= part
		left -= part
	}
	for i := range d.lines {
		part := min(left, d.lines[i].Amount)
		d.lines[i].Amount -= part
		left -= part
	}
}

// judge decides what became of an order.
func (d *document) judge(status string, cancelled, saidRefunded bool) error {
	became := fateOf(status)
	if became == givenBack && !saidRefunded {
		d.refunded = d.total()
	}
	switch {
	case became == givenBack || d.refunded > 0 && d.refunded >= d.goods:
		d.state, d.reason = orderv1.Order_RETURNED, cmp.Or(status, "Returned")
		for i := range d.lines {
			d.lines[i].Returned = d.lines[i].Quantity
		}
	case became == called || cancelled:
		d.state, d.reason = orderv1.Order_CANCELLED, cmp.Or(status, "Cancelled")
	default:
		d.state = orderv1.Order_DELIVERED
	}
	d.reason = clipped(d.reason, maxReason)
	return nil
}

const maxReason = 200

// whole are values of which an order has one, whatever the number of its rows.
var whole = []string{
	"ordered", "customer_id", "display_name", "given_name", "family_name", "email", "phone", "language_code", "currency_code", "status",
	"cancelled", "note", "discount", "shipping", "tax", "order_total", "refunded",
}

// counted are those of them that would be lost where rows say different ones.
var counted = map[string]bool{"discount": true, "shipping": true, "tax": true, "order_total": true, "refunded": true}

// document reads the rows of one order.
func (f csvForm) document(rows []row) (d *document, faulty int, err error) {
	first, err := f.merged(rows)
	if err != nil {
		return nil, 0, err
	}
	d = &document{number: rows[0].number, line: rows[0].line}
	if len(d.number) > maxNumber || strings.ContainsFunc(d.number, func(r rune) bool { return r < ' ' }) {
		return nil, 0, fmt.Errorf("order_id must have at most %d characters", maxNumber)
	}
	if d.customer, err = f.customer(first); err != nil {
		return nil, 0, err
	}
	if d.placed, err = f.placed(first); err != nil {
		return nil, 0, err
	}
	if d.currency, err = f.currency(first); err != nil {
		return nil, 0, err
	}
	lines := make([]line, len(rows))
	for i, r := range rows {
		if lines[i], err = f.line(r.values, d.currency); err != nil {
			return nil, i, err
		}
	}
	return d, 0, f.complete(d, first, lines)
}

// merged is the first row, with what only later rows say of the whole order.
func (f csvForm) merged(rows []row) ([]string, error) {
	values := append([]string(nil), rows[0].values...)
	for _, name := range whole {
		at, there := f.at[name]
		if !there {
			continue
		}
		for _, r := range rows[1:] {
			said := f.value(r.values, name)
			switch {
			case said == "":
			case f.value(values, name) == "":
				values[at] = said
			case counted[name] && said != f.value(values, name):
				return nil, fmt.Errorf("%s is one for the whole order, but line %d says another one", name, r.line)
			}
		}
	}
	return values, nil
}
