package imports

import (
	"time"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// row is a row of the file, understood; or what is wrong with it.
type row struct {
	line     int64  // in which it begins
	number   string // of its order; empty where rows are orders by themselves
	values   []string
	customer *customerv1.ImportCustomersRequest_Record // where rows are customers
	order    *document                                 // where rows are orders by themselves
	empty    bool
	fault    string

	offset int64 // where it begins, in bytes
}

// document is what a file says of one sale, or of what was given back by itself: one row of it, or several with one number.
type document struct {
	rows     []int // of the batch
	line     int64
	number   string
	customer *customerv1.ImportCustomersRequest_Record
	placed   time.Time
	currency string
	lines    []order.ImportedLine // of a return, what was given back
	isReturn bool

	// Minor units of the currency. Of a return, goods is all that went back.
	goods, delivery, tax, addedTax, discount, refunded int64

	state  orderv1.Order_State
	reason string
	note   string
}

func (d *document) total() int64 { return d.goods + d.delivery + d.addedTax }

// form is how the rows of one file are to be read.
type form interface {
	// quoted tells whether a record may go over several lines, between quotes.
	quoted() (delimiter []byte, yes bool)
	// read understands one record. Its error says what is wrong with it.
	read(record []byte) (row, error)
}

// titles is how many bytes and lines of the file come before its rows.
type titles struct{ bytes, lines int64 }
