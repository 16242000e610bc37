package template

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
)

func TestDatesSayTheirZone(t *testing.T) {
	at := time.Date(2026, 3, 8, 9, 5, 59, 0, time.UTC)
	for language, want := range map[string]string{
		"en": "8 March 2026, 09:05 UTC", "en-GB": "8 March 2026, 09:05 UTC", "ru": "8 марта 2026 г., 09:05 UTC",
		"uk": "8 березня 2026 р., 09:05 UTC", "de": "2026-03-08 09:05 UTC",
	} {
		t.Run(language, func(t *testing.T) { require.Equal(t, want, localeOf(language).date(at)) })
	}
}

func TestAmountsAreExact(t *testing.T) {
	fee := &money.Money{CurrencyCode: "EUR", Units: 9, Nanos: 900_000_000}
	large := &money.Money{CurrencyCode: "EUR", Units: 89_999_999_999_999, Nanos: 990_000_000}
	for name, c := range map[string]struct {
		language string
		amount   *money.Money
		want     string
	}{
		"English":                {"en", fee, "€9.90"},
		"Russian":                {"ru", fee, "9,90\u00a0€"},
		"Ukrainian":              {"uk", fee, "9,90\u00a0€"},
		"hryvnias":               {"uk", &money.Money{CurrencyCode: "UAH", Units: 1234, Nanos: 500_000_000}, "1\u00a0234,50\u00a0₴"},
		"without a symbol":       {"en", &money.Money{CurrencyCode: "UAH", Units: 5}, "UAH\u00a05.00"},
		"without cents":          {"en", &money.Money{CurrencyCode: "JPY", Units: 1500}, "¥1,500"},
		"cents only":             {"en", &money.Money{CurrencyCode: "USD", Nanos: 10_000_000}, "$0.01"},
		"the largest, to a cent": {"en", large, "€89,999,999,999,999.99"},
		"the largest, Russian":   {"ru", large, "89\u00a0999\u00a0999\u00a0999\u00a0999,99\u00a0€"},
		"three decimals":         {"en", &money.Money{CurrencyCode: "KWD", Units: 1, Nanos: 5_000_000}, "KWD\u00a01.005"},
		"nothing":                {"en", &money.Money{CurrencyCode: "EUR"}, ""},
		"no amount":              {"en", nil, ""},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, localeOf(c.language).money(c.amount)) })
	}
}

func TestCodesHaveWords(t *testing.T) {
	const state = "kept.support.v1.OrderSnapshot.state"
	require.Equal(t, "on its way to you", localeOf("en").code(state, "SHIPPED"))
	require.Equal(t, "у дорозі до вас", localeOf("uk-UA").code(state, "SHIPPED"))
	require.Equal(t, "lost at sea", localeOf("uk").code(state, "LOST_AT_SEA"), "one that came later")
	require.Empty(t, localeOf("en").code(state, "STATE_UNSPECIFIED"))
	for of, values := range english.codes {
		for value := range values {
			require.NotEmpty(t, russian.codes[of][value], "%s %s", of, value)
			require.NotEmpty(t, ukrainian.codes[of][value], "%s %s", of, value)
		}
	}
}
