package imports

import (
	"time"

	"kept.dev/kit/money"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// row is a row of the file, understood; or what is wrong with it.
type row struct {
	line     int64 // in which it begins
	customer *customerv1.ImportCustomersRequest_Record
	order    *purchase // nil where rows are customers
	fault    string
}

// purchase is what a row says of an order.
type purchase struct {
	placed   time.Time
	product  string // products/{product}
	quantity int64
	amount   money.Amount
}

// form is how the rows of one file are to be read.
type form interface {
	// quoted tells whether a record may go over several lines, between quotes.
	quoted() (delimiter byte, yes bool)
	// read understands one record. Its error says what is wrong with it.
	read(record []byte) (row, error)
}

// titles is how many bytes and lines of the file come before its rows.
type titles struct{ bytes, lines int64 }
