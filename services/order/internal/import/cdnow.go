package imports

import (
	"errors"
	"fmt"
	"strings"
	"time"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// cdnow reads the text format of the CDNOW data set (B. Hardie, brucehardie.com/datasets).
type cdnow struct {
	product, currency string
	zone              *time.Location
	now               time.Time
}

func newCDNOW(i *orderv1.Import, zone *time.Location, now time.Time) cdnow {
	return cdnow{product: "products/" + i.GetProductId(), currency: i.GetCurrencyCode(), zone: zone, now: now}
}

func (cdnow) quoted() (byte, bool) { return 0, false }

var errColumns = errors.New("must have four values between spaces: customer id, date, number of CDs, value in dollars")

func (f cdnow) read(text []byte) (row, error) {
	values := strings.Fields(string(text))
	switch len(values) {
	case 4:
	case 5: // the sample's own number of the customer
		values = append(values[:1], values[2:]...)
	default:
		return row{}, errColumns
	}
	placed, err := time.ParseInLocation("20060102", values[1], f.zone)
	if err != nil {
		return row{}, fmt.Errorf("%.20q is not a date such as 19970131", values[1])
	}
	p := &purchase{placed: placed, product: f.product}
	if err := inThePast(p.placed, f.now); err != nil {
		return row{}, err
	}
	if p.quantity, err = readQuantity(values[2]); err != nil {
		return row{}, err
	}
	if p.amount, err = readAmount(values[3], f.currency, false); err != nil {
		return row{}, err
	}
	return row{customer: &customerv1.ImportCustomersRequest_Record{ExternalId: values[0]}, order: p}, nil
}

// isCDNOWTitle tells a line of column titles from a row.
func isCDNOWTitle(line []byte) bool {
	first := strings.Fields(string(line))
	return len(first) > 0 && strings.Trim(first[0], "0123456789") != ""
}
