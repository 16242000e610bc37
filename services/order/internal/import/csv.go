package imports

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// csvForm reads comma-separated values (RFC 4180).
type csvForm struct {
	spec    *orderv1.Import
	at      map[string]int // in which column each value is
	columns int
	zone    *time.Location
	now     time.Time
	layouts []string
}

func delimiterOf(i *orderv1.Import) byte {
	switch i.GetDelimiter() {
	case orderv1.Import_SEMICOLON:
		return ';'
	case orderv1.Import_TAB:
		return '\t'
	default:
		return ','
	}
}

func (f csvForm) quoted() (byte, bool) { return delimiterOf(f.spec), true }

func (f csvForm) read(text []byte) (row, error) {
	values, err := splitCSV(text, delimiterOf(f.spec))
	switch {
	case err != nil:
		return row{}, err
	case len(values) != f.columns:
		return row{}, fmt.Errorf("has %d values, but there are %d column titles", len(values), f.columns)
	}
	r := row{}
	if r.customer, err = f.customer(values); err != nil || f.spec.GetRowType() == orderv1.Import_CUSTOMER {
		return r, err
	}
	r.order, err = f.order(values)
	return r, err
}

// splitCSV takes a record apart.
func splitCSV(text []byte, delimiter byte) ([]string, error) {
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("is not text in UTF-8")
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma = rune(delimiter)
	values, err := reader.Read()
	if err != nil {
		return nil, errors.New(`has a quote in the middle of a value; a value with quotes stands between quotes, and each of its own is doubled`)
	}
	return values, nil
}

// value is what the row has in a column, if there is such a column.
func (f csvForm) value(values []string, name string) string {
	if i, there := f.at[name]; there {
		return strings.TrimSpace(values[i])
	}
	return ""
}

func (f csvForm) customer(values []string) (*customerv1.ImportCustomersRequest_Record, error) {
	r := &customerv1.ImportCustomersRequest_Record{
		ExternalId: f.value(values, "customer_id"), DisplayName: f.value(values, "display_name"),
		LanguageCode: f.value(values, "language_code"), Email: f.value(values, "email"), Phone: f.value(values, "phone"),
		RegionCode: f.spec.GetRegionCode(),
	}
	if r.GetExternalId() == "" && r.GetEmail() == "" && r.GetPhone() == "" {
		return nil, errors.New("needs the customer's id, e-mail address or telephone number")
	}
	for _, bound := range []struct {
		name, value string
		most        int
	}{
		{"customer_id", r.GetExternalId(), 254}, {"display_name", r.GetDisplayName(), 200}, {"email", r.GetEmail(), 254},
		{"phone", r.GetPhone(), 254}, {"language_code", r.GetLanguageCode(), 35},
	} {
		if utf8.RuneCountInString(bound.value) > bound.most {
			return nil, fmt.Errorf("%s must have at most %d characters", bound.name, bound.most)
		}
	}
	return r, nil
}

func (f csvForm) order(values []string) (p *purchase, err error) {
	p = &purchase{quantity: 1}
	if p.placed, err = readTime(f.value(values, "order_time"), f.layouts, f.zone); err == nil {
		err = inThePast(p.placed, f.now)
	}
	if err == nil {
		p.product, err = readProduct(cmp.Or(f.value(values, "product_id"), f.spec.GetProductId()))
	}
	if quantity := f.value(values, "quantity"); quantity != "" && err == nil {
		p.quantity, err = readQuantity(quantity)
	}
	if err == nil {
		currency := cmp.Or(f.value(values, "currency_code"), f.spec.GetCurrencyCode())
		p.amount, err = readAmount(f.value(values, "amount"), currency, f.spec.GetDecimalComma())
	}
	return p, err
}
