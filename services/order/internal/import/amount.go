package imports

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	gmoney "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/money"
)

// decimalNumber is a number as a file has it.
type decimalNumber struct {
	negative        bool
	units, fraction string // digits; the fraction without zeros at its end
}

// bare takes away what stands in and around numbers and says nothing: spaces of all sorts and apostrophes between thousands, signs of
// currencies, a plus. A minus may come after the number, or be a pair of brackets.
func bare(text string) (plain string, negative bool) {
	plain = strings.Map(func(r rune) rune {
		switch {
		case r == '\'', r == '’', r == 'ʼ', unicode.IsSpace(r):
			return -1
		case r == '−', r == '–':
			return '-'
		}
		return r
	}, text)
	if m := withCurrency.FindStringSubmatch(plain); m != nil && isCurrency(m[2]) && isCurrency(m[4]) {
		plain = m[1] + m[3] + m[5]
	}
	switch {
	case strings.HasPrefix(plain, "(") && strings.HasSuffix(plain, ")"):
		return plain[1 : len(plain)-1], true
	case strings.HasPrefix(plain, "-"):
		return plain[1:], true
	case strings.HasSuffix(plain, "-"):
		return plain[:len(plain)-1], true
	}
	return strings.TrimPrefix(plain, "+"), false
}

// withCurrency is a sign, a currency, a number, another currency, a sign.
var withCurrency = regexp.MustCompile(`^([-+(]?)([^-+()\d,.]*)([-+]?[\d,.]*\d)([^-+()\d,]*)([-)]?)$`)

func isCurrency(sign string) bool { return sign == "" || currencyOf(sign) != "" }

// decimal is "1234.5" or "1,234.5".
var decimal = regexp.MustCompile(`^(\d{1,3}(,\d{3})+|\d+)(\.(\d*))?$`)

var swapped = strings.NewReplacer(",", ".", ".", ",")

// readNumber reads a number, exactly. With comma it is written "1.234,5".
func readNumber(text string, comma bool) (n decimalNumber, ok bool) {
	plain, negative := bare(text)
	if comma {
		plain = swapped.Replace(plain)
	}
	parts := decimal.FindStringSubmatch(plain)
	if parts == nil {
		return decimalNumber{}, false
	}
	return decimalNumber{negative, strings.ReplaceAll(parts[1], ",", ""), strings.TrimRight(parts[4], "0")}, true
}

// maxQuantity is how many units an order's line can have.
const maxQuantity = 1_000_000

// readQuantity reads how many units there are, or less than nothing of those that were given back.
func readQuantity(text string, comma bool) (int64, error) {
	n, ok := readNumber(text, comma)
	units, err := strconv.ParseInt(n.units, 10, 64)
	switch {
	case ok && n.fraction != "":
		return 0, fmt.Errorf("the quantity %.20q is not a whole number", text)
	case !ok || err != nil || units < 1 || units > maxQuantity:
		return 0, fmt.Errorf("%.20q is not a quantity from 1 to 1,000,000", text)
	case n.negative:
		return -units, nil
	}
	return units, nil
}

// readAmount reads an amount of money, exactly: minor units, which may be below zero.
func readAmount(text, currency string, comma bool) (money.Amount, error) {
	n, ok := readNumber(text, comma)
	if !ok {
		return money.Amount{}, fmt.Errorf("%.20q is not an amount such as %s", text, map[bool]string{false: "1234.50", true: "1234,50"}[comma])
	}
	units, err := strconv.ParseInt(n.units, 10, 64)
	if err != nil || len(n.fraction) > 9 {
		return money.Amount{}, fmt.Errorf("%.20q is more, or finer, than can be counted", text)
	}
	nanos, err := strconv.ParseInt((n.fraction + "000000000")[:9], 10, 32)
	if err != nil {
		return money.Amount{}, err
	}
	amount, err := money.Parse(&gmoney.Money{CurrencyCode: currency, Units: units, Nanos: int32(nanos)})
	if err != nil {
		return money.Amount{}, fmt.Errorf("the amount %.20q %w", text, err)
	}
	if n.negative {
		amount.Minor = -amount.Minor
	}
	return amount, nil
}

// tellsComma tells whether an amount has a decimal comma or point, where it can be read in one way only.
func tellsComma(text string) (comma, sure bool) {
	plain, _ := bare(text)
	point, commas := strings.LastIndexByte(plain, '.'), strings.LastIndexByte(plain, ',')
	last := max(point, commas)
	switch {
	case last < 0 || strings.Trim(plain, "0123456789.,") != "":
		return false, false
	case point >= 0 && commas >= 0:
		return commas > point, true
	case strings.Count(plain, plain[last:last+1]) > 1: // it stands between thousands
		return point >= 0, true
	case len(plain)-last-1 == 3 && last <= 3 && plain[0] != '0':
		return false, false
	}
	return commas >= 0, true
}
