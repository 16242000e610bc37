package money

import (
	"fmt"

	"github.com/bojanz/currency"
	"google.golang.org/genproto/googleapis/type/money"
)

// Text is an amount as readers of a language write it, such as "€1,234.50" in en or "1 234,50 ₴" in uk: by the pattern, the digits and
// the symbols that CLDR has for the language, which is a BCP 47 tag. A language that CLDR does not know is written as English. There are
// as many decimals as the currency has, and more only where the amount has more.
func Text(m *money.Money, languageCode string) string {
	number := decimal(m)
	scale, err := scaleOf(m.GetCurrencyCode())
	if err != nil {
		return number + " " + m.GetCurrencyCode()
	}
	amount, err := currency.NewAmount(number, m.GetCurrencyCode())
	if err != nil { // the library knows other currencies
		return number + " " + m.GetCurrencyCode()
	}
	f := currency.NewFormatter(localeOf(languageCode))
	f.MinDigits, f.MaxDigits = uint8(scale), 9
	return f.Format(amount)
}

// localeOf is a language's locale. One that begins with no language has no pattern.
func localeOf(languageCode string) currency.Locale {
	locale := currency.NewLocale(languageCode)
	if locale.Language == "" {
		return currency.Locale{Language: "en"}
	}
	return locale
}

// decimal is the amount's number, exactly.
func decimal(m *money.Money) string {
	units, nanos, sign := m.GetUnits(), m.GetNanos(), ""
	if units < 0 || nanos < 0 {
		units, nanos, sign = -units, -nanos, "-"
	}
	return fmt.Sprintf("%s%d.%09d", sign, units, nanos)
}
