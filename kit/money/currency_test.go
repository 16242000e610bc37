package money_test

import (
	"testing"

	"github.com/bojanz/currency"
	"github.com/stretchr/testify/require"
	protomoney "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/money"
)

// Currencies whose decimals are well known, among them those that CLDR has without any because nobody uses coins.
func TestDecimals(t *testing.T) {
	for code, want := range map[string]int64{
		"EUR": 100, "USD": 100, "GBP": 100, "UAH": 100, "RUB": 100, "CHF": 100, "BRL": 100, "INR": 100, "CNY": 100, "MGA": 100, "MRU": 100,
		"RSD": 100, "IDR": 100, "PKR": 100, "KPW": 100, "ALL": 100, "LBP": 100, "IRR": 100, "COP": 100, "HUF": 100, "TWD": 100, "AFN": 100,
		"LAK": 100, "MMK": 100, "SYP": 100, "YER": 100, "UZS": 100, "XCG": 100, "ZWG": 100, "SLE": 100, "VED": 100, "STN": 100,
		"JPY": 1, "KRW": 1, "VND": 1, "CLP": 1, "ISK": 1, "PYG": 1, "UGX": 1, "XAF": 1, "XOF": 1, "XPF": 1, "UYI": 1,
		"KWD": 1000, "BHD": 1000, "OMR": 1000, "JOD": 1000, "TND": 1000, "LYD": 1000, "IQD": 1000,
		"CLF": 10_000, "UYW": 10_000,
	} {
		got, err := money.Parse(&protomoney.Money{CurrencyCode: code, Units: 1})
		require.NoError(t, err, code)
		require.Equal(t, want, got.Minor, code)
	}
}

// The table has what another reading of ISO 4217 has.
func TestTheCurrenciesThatThereAre(t *testing.T) {
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				code := string([]rune{a, b, c})
				digits, known := currency.GetDigits(code)
				got, err := money.ParseCurrent(&protomoney.Money{CurrencyCode: code, Units: 1})
				require.Equal(t, known, err == nil, code)
				if known {
					require.Equal(t, map[uint8]int64{0: 1, 2: 100, 3: 1000, 4: 10_000}[digits], got.Minor, code)
				}
			}
		}
	}
}

func TestWhatIsNoCurrency(t *testing.T) {
	for code, advice := range map[string]string{
		"": "such as EUR", "eur": `in upper case: EUR, not "eur"`, "DEM": `such as EUR, but has "DEM"`, "XXX": "such as EUR", "XTS": "such as EUR",
		"XAU": "such as EUR", "ANG": "such as EUR", "ZWL": "such as EUR", "BGN": "such as EUR", "HRK": "such as EUR", "EURO": "such as EUR", " EUR": "such as EUR",
	} {
		_, err := money.ParseCurrent(&protomoney.Money{CurrencyCode: code, Units: 1})
		require.ErrorContains(t, err, "ISO 4217", code)
		require.ErrorContains(t, err, advice, code)
	}
}

// Old orders are in the currencies of their time, with the decimals of their time; prices are not.
func TestCurrenciesOfEarlierTimes(t *testing.T) {
	for code, want := range map[string]int64{"BGN": 100, "HRK": 100, "DEM": 100, "FRF": 100, "ITL": 1, "ESP": 1, "TRL": 1, "BYR": 1, "EUR": 100} {
		got, err := money.Parse(&protomoney.Money{CurrencyCode: code, Units: 1})
		require.NoError(t, err, code)
		require.Equal(t, want, got.Minor, code)
		require.EqualValues(t, 1, got.Proto().GetUnits(), code)
		_, err = money.ParsePrice(&protomoney.Money{CurrencyCode: code, Units: 1})
		require.Equal(t, code == "EUR", err == nil, code)
	}
	for _, code := range []string{"", "dem", "XXX", "XAU", "QQQ"} {
		_, err := money.Parse(&protomoney.Money{CurrencyCode: code, Units: 1})
		require.ErrorContains(t, err, "ISO 4217", code)
	}
}
