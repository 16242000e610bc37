package money_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bojanz/currency"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language/display"
	protomoney "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/money"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		language string
		amount   *protomoney.Money
		want     string
	}{
		{"en", &protomoney.Money{CurrencyCode: "EUR", Units: 1234, Nanos: 500_000_000}, "€1,234.50"},
		{"en", &protomoney.Money{CurrencyCode: "JPY", Units: 1234}, "¥1,234"},
		{"en", &protomoney.Money{CurrencyCode: "KWD", Units: 1, Nanos: 255_000_000}, "KWD\u00a01.255"},
		{"en", &protomoney.Money{CurrencyCode: "EUR", Units: -1, Nanos: -50_000_000}, "-€1.05"},
		{"en", &protomoney.Money{CurrencyCode: "EUR", Nanos: 5_000_000}, "€0.005"},
		{"uk", &protomoney.Money{CurrencyCode: "UAH", Units: 1234, Nanos: 500_000_000}, "1\u00a0234,50\u00a0₴"},
		{"ru", &protomoney.Money{CurrencyCode: "RUB", Units: 12, Nanos: 340_000_000}, "12,34\u00a0₽"},
		{"de", &protomoney.Money{CurrencyCode: "EUR", Units: 1234, Nanos: 500_000_000}, "1.234,50\u00a0€"},
		{"en-IN", &protomoney.Money{CurrencyCode: "INR", Units: 1234567}, "₹12,34,567.00"},
		{"my", &protomoney.Money{CurrencyCode: "EUR", Units: 12, Nanos: 500_000_000}, "၁၂.၅၀\u00a0€"},
		{"ar-EG", &protomoney.Money{CurrencyCode: "KWD", Units: 1, Nanos: 255_000_000}, "\u200f١٫٢٥٥\u00a0د.ك.\u200f"},
		{"xx", &protomoney.Money{CurrencyCode: "EUR", Units: 1}, "€1.00"},
		{"", &protomoney.Money{CurrencyCode: "EUR", Units: 1}, "€1.00"},
		{"-US", &protomoney.Money{CurrencyCode: "EUR", Units: 1}, "€1.00"},
		{"en", &protomoney.Money{CurrencyCode: "DEM", Units: 1}, "1.000000000 DEM"},
	} {
		require.Equal(t, c.want, money.Text(c.amount, c.language), "%s %v", c.language, c.amount)
	}
}

// In whatever digits and by whatever pattern an amount is written, the same digits can be read, with the decimals apart.
func TestTheDigitsAreThoseOfTheAmountInAllLanguages(t *testing.T) {
	languages := []string{"dz", "ccp", "my", "ckb", "ne", "mr", "ur-IN", "nqo", "bho"}
	for _, tag := range display.Supported.Tags() {
		languages = append(languages, tag.String())
	}
	require.Greater(t, len(languages), 200)
	for _, amount := range []money.Amount{
		{Minor: 1, Currency: "EUR"}, {Minor: 1255, Currency: "EUR"}, {Minor: 1255, Currency: "KWD"}, {Minor: 1005, Currency: "KWD"},
		{Minor: 1255, Currency: "JPY"}, {Minor: 123_456_789, Currency: "UAH"}, {Minor: 100, Currency: "RSD"}, {Minor: money.Max, Currency: "USD"},
	} {
		want := fmt.Sprint(amount.Minor)
		scale, _ := currency.GetDigits(amount.Currency)
		for len(want) <= int(scale) {
			want = "0" + want
		}
		for _, language := range languages {
			text := money.Text(amount.Proto(), language)
			digits, decimals := digitsIn(t, text)
			require.Equal(t, want, digits, "%s in %s: %q", want, language, text)
			if scale > 0 {
				require.Equal(t, int(scale), decimals, "%s in %s: %q", want, language, text)
			}
		}
	}
}

// digitsIn are the digits of a text, as 0 to 9, and how many stand together at their end.
func digitsIn(t *testing.T, text string) (digits string, last int) {
	runs := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
	require.NotEmpty(t, runs, text)
	for _, r := range strings.Join(runs, "") {
		digits += strconv.Itoa(valueOf(r))
	}
	return digits, utf8.RuneCountInString(runs[len(runs)-1])
}

// valueOf is what a digit stands for: in Unicode the ten of a script follow each other.
func valueOf(digit rune) int {
	for _, r := range unicode.Nd.R16 {
		if rune(r.Lo) <= digit && digit <= rune(r.Hi) {
			return int(digit-rune(r.Lo)) % 10
		}
	}
	for _, r := range unicode.Nd.R32 {
		if rune(r.Lo) <= digit && digit <= rune(r.Hi) {
			return int(digit-rune(r.Lo)) % 10
		}
	}
	panic(string(digit) + " is no digit")
}
