package imports

import (
	"errors"
	"fmt"
	"strings"
	"time"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
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

func (cdnow) quoted() ([]byte, bool) { return nil, false }

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
	if err := inThePast(placed, f.now); err != nil {
		return row{}, err
	}
	quantity, err := readQuantity(values[2], false)
	if err != nil {
		return row{}, err
	}
	amount, err := readAmount(values[3], f.currency, false)
	if err != nil {
		return row{}, err
	}
	if quantity < 0 || amount.Minor < 0 {
		return row{}, errors.New("has less than nothing, which the CDNOW format does not know")
	}
	return row{order: &document{
		customer: &customerv1.ImportCustomersRequest_Record{ExternalId: values[0]}, placed: placed, currency: f.currency,
		lines: []order.ImportedLine{{Product: f.product, Quantity: quantity, Amount: amount.Minor}}, goods: amount.Minor,
		state: orderv1.Order_DELIVERED,
	}}, nil
}

// isCDNOWTitle tells a line of column titles from a row.
func isCDNOWTitle(line []byte) bool {
	first := strings.Fields(string(line))
	return len(first) > 0 && strings.Trim(first[0], "0123456789") != ""
}
