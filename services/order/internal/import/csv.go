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

// csvForm reads values with a delimiter between them (as in RFC 4180), and the sheets of workbooks, which are made into such.
type csvForm struct {
	spec      *orderv1.Import
	at        columnIndex
	titles    []string
	zone      *time.Location
	now       time.Time
	layouts   []string
	charset   charset
	delimiter string // one character
	comma     bool   // decimal
	sheet     bool
}

func (f csvForm) quoted() (delimiter []byte, yes bool) {
	delimiter = []byte(f.delimiter)
	if f.charset.enc != nil && !f.charset.isWide() && !isASCII(f.delimiter) {
		if encoded, err := f.charset.enc.NewEncoder().Bytes(delimiter); err == nil {
			return encoded, true
		}
	}
	return delimiter, true
}

// read takes a record apart. A row of an order's lines is understood together with the others of its order.
func (f csvForm) read(raw []byte) (row, error) {
	text, err := f.charset.text(raw)
	if err != nil {
		return row{}, err
	}
	values, err := split(text, f.delimiter)
	if err != nil {
		return row{}, err
	}
	if empty(values) {
		return row{empty: true}, nil
	}
	if values, err = f.fit(values); err != nil {
		return row{}, err
	}
	r := row{values: values, number: f.value(values, "order_id")}
	if f.spec.GetRowType() == orderv1.Import_CUSTOMER {
		r.customer, err = f.customer(values)
		return r, err
	}
	if !f.numbered() {
		r.order, err = f.single(values)
	}
	return r, err
}

// numbered tells whether orders have numbers, and a row each for their lines.
func (f csvForm) numbered() bool {
	_, there := f.at["order_id"]
	return there && f.spec.GetRowType() == orderv1.Import_ORDER
}

// fit is as many values as there are titles. What is behind them may be left out in a sheet, and may be empty elsewhere.
func (f csvForm) fit(values []string) ([]string, error) {
	n := len(f.titles)
	for len(values) > n && strings.TrimSpace(values[len(values)-1]) == "" {
		values = values[:len(values)-1]
	}
	for f.sheet && len(values) < n {
		values = append(values, "")
	}
	if len(values) != n {
		return nil, fmt.Errorf("has %d values, but there are %d column titles", len(values), n)
	}
	return values, nil
}

// split takes a record apart. A quote in the middle of a value is part of it.
func split(text, delimiter string) ([]string, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, _ = utf8.DecodeRuneInString(delimiter)
	reader.LazyQuotes = true
	values, err := reader.Read()
	if err != nil {
		return nil, errors.New("is not values between delimiters")
	}
	return values, nil
}

// empty tells a row of nothing but separators.
func empty(values []string) bool {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return false
		}
	}
	return true
}

// value is what the row has in a column, if there is such a column. An apostrophe that guards a number from being taken for another, as
// spreadsheets have it, is not part of it.
func (f csvForm) value(values []string, name string) string {
	i, there := f.at[name]
	if !there {
		return ""
	}
	v := strings.TrimSpace(values[i])
	if len(v) > 1 && v[0] == '\'' && strings.IndexByte("0123456789+-=@", v[1]) >= 0 && !isProse[name] {
		return v[1:]
	}
	return v
}

// isProse are values in which an apostrophe belongs to the text.
var isProse = map[string]bool{"display_name": true, "given_name": true, "family_name": true, "product_display_name": true, "note": true}

// customer is whose a row is; nil for a guest of whom it says nothing.
func (f csvForm) customer(values []string) (*customerv1.ImportCustomersRequest_Record, error) {
	name := strings.TrimSpace(f.value(values, "given_name") + " " + f.value(values, "family_name"))
	r := &customerv1.ImportCustomersRequest_Record{
		ExternalId: f.value(values, "customer_id"), DisplayName: cmp.Or(f.value(values, "display_name"), name),
		LanguageCode: f.value(values, "language_code"), Email: f.value(values, "email"), Phone: f.value(values, "phone"),
		RegionCode: f.spec.GetRegionCode(),
	}
	if r.GetExternalId() == "0" { // nobody's: what shops write for guests
		r.ExternalId = ""
	}
	if number := f.value(values, "order_id"); f.numbered() && number != "" {
		r.FallbackId = guestID(number)
	}
	if r.GetExternalId() == "" && r.GetEmail() == "" && r.GetPhone() == "" && r.GetFallbackId() == "" {
		return nil, errors.New("needs the customer's id, e-mail address or telephone number")
	}
	for _, bound := range []struct {
		name, value string
		most        int
	}{
		{"customer_id", r.GetExternalId(), 254}, {"display_name", r.GetDisplayName(), 200}, {"email", r.GetEmail(), 254},
		{"phone", r.GetPhone(), 254}, {"language_code", r.GetLanguageCode(), 35}, {"order_id", r.GetFallbackId(), 254},
	} {
		if utf8.RuneCountInString(bound.value) > bound.most {
			return nil, fmt.Errorf("%s must have at most %d characters", bound.name, bound.most)
		}
	}
	return r, nil
}

// guestID is by what a guest is known of whom nothing but an order is: two guests are two people.
func guestID(number string) string { return "order " + number }

// trimMark takes the byte order mark off.
func trimMark(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }
