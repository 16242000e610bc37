package imports

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	gmoney "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// maxQuantity is how many units an order's line can have.
const maxQuantity = 1_000_000

func readQuantity(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > maxQuantity {
		return 0, fmt.Errorf("%.20q is not a quantity from 1 to 1,000,000", text)
	}
	return n, nil
}

// decimal is "1234.5" or "1,234.5".
var decimal = regexp.MustCompile(`^(\d{1,3}(,\d{3})+|\d+)(\.(\d+))?$`)

// readAmount reads an amount of money, exactly. With decimalComma it is written "1.234,5".
func readAmount(text, currency string, decimalComma bool) (money.Amount, error) {
	plain := text
	if decimalComma {
		plain = strings.NewReplacer(",", ".", ".", ",").Replace(text)
	}
	parts := decimal.FindStringSubmatch(plain)
	if parts == nil {
		return money.Amount{}, fmt.Errorf("%.20q is not an amount such as %s", text, map[bool]string{false: "1234.50", true: "1234,50"}[decimalComma])
	}
	fraction := strings.TrimRight(parts[4], "0")
	units, err := strconv.ParseInt(strings.ReplaceAll(parts[1], ",", ""), 10, 64)
	if err != nil || len(fraction) > 9 {
		return money.Amount{}, fmt.Errorf("%.20q is more, or finer, than can be counted", text)
	}
	nanos, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 32)
	if err != nil {
		return money.Amount{}, err
	}
	amount, err := money.Parse(&gmoney.Money{CurrencyCode: currency, Units: units, Nanos: int32(nanos)})
	if err != nil {
		return money.Amount{}, fmt.Errorf("the amount %.20q %w", text, err)
	}
	return amount, nil
}

// layouts are the ways to write a moment, by the order of a date's parts.
func layouts(order orderv1.Import_DateOrder) []string {
	switch order {
	case orderv1.Import_DAY_MONTH_YEAR:
		return withTimes("2.1.2006", "2/1/2006", "2-1-2006")
	case orderv1.Import_MONTH_DAY_YEAR:
		return withTimes("1/2/2006", "1-2-2006", "1.2.2006")
	default:
		return append(withTimes("2006-01-02", "20060102"), time.RFC3339)
	}
}

func withTimes(dates ...string) (all []string) {
	for _, d := range dates {
		all = append(all, d, d+" 15:04", d+" 15:04:05")
	}
	return all
}

// readTime reads a moment, or the first moment of a day.
func readTime(text string, layouts []string, zone *time.Location) (time.Time, error) {
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.30q is not a date such as %s", text, time.Date(2026, 12, 31, 0, 0, 0, 0, zone).Format(layouts[0]))
}

// inThePast refuses what can't have happened yet, or not by a customer who lives.
func inThePast(at, now time.Time) error {
	switch {
	case at.After(now):
		return errors.New("the date is in the future")
	case at.Year() < 1900:
		return errors.New("the date is before 1900")
	}
	return nil
}

var foreign = regexp.MustCompile(`[^a-z0-9]+`)

// readProduct makes the name of a product from its id in the other system: small letters and digits, with hyphens for all else.
func readProduct(text string) (string, error) {
	id := strings.Trim(foreign.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if id == "" || len(id) > 63 {
		return "", errors.New("the product's id must have 1 to 63 letters and digits of the Latin alphabet")
	}
	return "products/" + id, nil
}
