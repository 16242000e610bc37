package imports

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// line is what one row says of goods. Quantity or amount, or both, are below zero where goods were given back.
type line struct {
	product, name    string
	quantity, amount int64
}

// back tells a line that gives goods back.
func (l line) back() bool { return l.quantity < 0 }

func (l line) imported() order.ImportedLine {
	return order.ImportedLine{Product: l.product, Name: l.name, Quantity: abs(l.quantity), Amount: abs(l.amount)}
}

func abs(n int64) int64 { return max(n, -n) }

// line reads what a row says of goods.
func (f csvForm) line(values []string, currency string) (l line, err error) {
	id, name := f.value(values, "product_id"), f.value(values, "product_display_name")
	if l.product, err = readProduct(cmp.Or(id, name, f.spec.GetProductId())); err != nil {
		return l, err
	}
	l.name = clipped(cmp.Or(name, nameOf(id, l.product)), maxProductName)
	l.quantity = 1
	if quantity := f.value(values, "quantity"); quantity != "" {
		if l.quantity, err = readQuantity(quantity, f.comma); err != nil {
			return l, err
		}
	}
	if amount := f.value(values, "amount"); amount != "" {
		l.amount, err = f.amount(amount, currency)
	} else {
		l.amount, err = f.times(f.value(values, "unit_price"), l.quantity, currency)
	}
	if l.quantity < 0 {
		l.amount = -abs(l.amount)
	}
	return l, err
}

// nameOf is the id where it says more than the product's name here does.
func nameOf(id, product string) string {
	if "products/"+id == product || isASCII(id) {
		return ""
	}
	return id
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] > 127 {
			return false
		}
	}
	return true
}

const (
	maxProductName = 200
	maxNote        = 2000
	maxNumber      = 64
)

// clipped is a text of so many characters at most.
func clipped(text string, most int) string {
	if len(text) <= most {
		return text
	}
	runes := []rune(text)
	return string(runes[:min(len(runes), most)])
}

func (f csvForm) amount(text, currency string) (int64, error) {
	a, err := readAmount(text, currency, f.comma)
	return a.Minor, err
}

// times is what so many units cost. The price may be below zero where units are given back.
func (f csvForm) times(price string, quantity int64, currency string) (int64, error) {
	unit, err := readAmount(price, currency, f.comma)
	if err != nil {
		return 0, err
	}
	all, err := money.Amount{Minor: abs(unit.Minor), Currency: currency}.Times(abs(quantity))
	if unit.Minor < 0 {
		all.Minor = -all.Minor
	}
	return all.Minor, err
}

// currency is what amounts are in.
func (f csvForm) currency(values []string) (string, error) {
	said := f.value(values, "currency_code")
	if said == "" {
		if f.spec.GetCurrencyCode() == "" {
			return "", errors.New("the currency is missing, and import.currency_code does not say it")
		}
		return f.spec.GetCurrencyCode(), nil
	}
	if code := currencyOf(said); code != "" {
		return code, nil
	}
	return said, nil // which amounts then refuse, saying what would be right
}

// placed is when an order was placed.
func (f csvForm) placed(values []string) (at time.Time, err error) {
	text := f.value(values, "ordered")
	if f.sheet {
		if at, ok := readSerial(text, f.zone); ok {
			return at, inThePast(at, f.now)
		}
	}
	if at, err = readTime(text, f.layouts, f.zone); err == nil {
		err = inThePast(at, f.now)
	}
	return at, err
}

// single reads a row that is a document by itself.
func (f csvForm) single(values []string) (d *document, err error) {
	d = &document{state: orderv1.Order_DELIVERED}
	if d.customer, err = f.customer(values); err != nil {
		return nil, err
	}
	if d.placed, err = f.placed(values); err != nil {
		return nil, err
	}
	if d.currency, err = f.currency(values); err != nil {
		return nil, err
	}
	l, err := f.line(values, d.currency)
	if err == nil {
		err = f.complete(d, values, []line{l})
	}
	return d, err
}

// extras are amounts of a whole order, in minor units; nil where nothing is said.
type extras struct{ discount, shipping, tax, total, refunded *int64 }

func (f csvForm) extras(values []string, currency string) (e extras, err error) {
	for _, x := range []struct {
		name string
		to   **int64
	}{
		{"discount", &e.discount}, {"shipping", &e.shipping}, {"tax", &e.tax}, {"order_total", &e.total}, {"refunded", &e.refunded},
	} {
		text := f.value(values, x.name)
		if text == "" {
			continue
		}
		amount, err := f.amount(text, currency)
		if err != nil {
			return e, fmt.Errorf("%s: %w", x.name, err)
		}
		amount = abs(amount) // discounts, and all of a return, are written either way
		*x.to = &amount
	}
	return e, nil
}

func or0(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
