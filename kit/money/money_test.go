package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	protomoney "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"kept.dev/kit/money"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		in   *protomoney.Money
		want int64
		bad  string
	}{
		"euros":          {in: &protomoney.Money{CurrencyCode: "EUR", Units: 12, Nanos: 340_000_000}, want: 1234},
		"yen":            {in: &protomoney.Money{CurrencyCode: "JPY", Units: 12}, want: 12},
		"dinars":         {in: &protomoney.Money{CurrencyCode: "KWD", Units: 1, Nanos: 5_000_000}, want: 1005},
		"half a cent":    {in: &protomoney.Money{CurrencyCode: "EUR", Nanos: 5_000_000}, bad: "whole number"},
		"part of a yen":  {in: &protomoney.Money{CurrencyCode: "JPY", Nanos: 10_000_000}, bad: "whole number"},
		"negative":       {in: &protomoney.Money{CurrencyCode: "EUR", Units: -1}, bad: "negative"},
		"negative nanos": {in: &protomoney.Money{CurrencyCode: "EUR", Nanos: -10_000_000}, bad: "negative"},
		"no currency":    {in: &protomoney.Money{Units: 1}, bad: "ISO 4217"},
		"lower case":     {in: &protomoney.Money{CurrencyCode: "eur", Units: 1}, bad: "ISO 4217"},
		"the most":       {in: &protomoney.Money{CurrencyCode: "EUR", Units: 90_000_000_000_000}, want: money.Max},
		"a cent more":    {in: &protomoney.Money{CurrencyCode: "EUR", Units: 90_000_000_000_000, Nanos: 10_000_000}, bad: "at most 90000000000000 EUR"},
		"a euro more":    {in: &protomoney.Money{CurrencyCode: "EUR", Units: 90_000_000_000_001}, bad: "at most"},
		"the most yen":   {in: &protomoney.Money{CurrencyCode: "JPY", Units: money.Max}, want: money.Max},
		"a yen more":     {in: &protomoney.Money{CurrencyCode: "JPY", Units: money.Max + 1}, bad: "at most"},
		"most nanos":     {in: &protomoney.Money{CurrencyCode: "EUR", Nanos: 990_000_000}, want: 99},
		"too many nanos": {in: &protomoney.Money{CurrencyCode: "EUR", Nanos: 1_000_000_000}, bad: "whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := money.Parse(c.in)
			if c.bad != "" {
				require.ErrorContains(t, err, c.bad)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got.Minor)
		})
	}
}

func TestProtoIsParsesInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount{
			Minor:    rapid.Int64Range(0, money.Max).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]string{"EUR", "USD", "JPY", "KWD", "UAH", "RUB"}).Draw(t, "currency"),
		}
		back, err := money.Parse(a.Proto())
		require.NoError(t, err)
		require.Equal(t, a, back)
		require.True(t, proto.Equal(a.Proto(), back.Proto()))
	})
}

func TestPricesHaveOneBoundInAllCurrencies(t *testing.T) {
	for _, currency := range []string{"EUR", "JPY", "KWD"} {
		most, err := money.ParsePrice(&protomoney.Money{CurrencyCode: currency, Units: 90_000_000_000})
		require.NoError(t, err)
		_, err = most.Times(100)
		require.NoError(t, err)
		_, err = money.ParsePrice(&protomoney.Money{CurrencyCode: currency, Units: 90_000_000_000, Nanos: 10_000_000})
		require.ErrorContains(t, err, "at most 90000000000 "+currency)
		_, err = money.ParsePrice(&protomoney.Money{CurrencyCode: currency, Units: 90_000_000_001})
		require.ErrorContains(t, err, "at most 90000000000 "+currency)
	}
	_, err := money.ParsePrice(&protomoney.Money{CurrencyCode: "EUR", Units: -1})
	require.ErrorContains(t, err, "negative")
}

func TestSumsStayInRange(t *testing.T) {
	most := money.Amount{Minor: money.Max, Currency: "EUR"}
	_, err := most.Plus(money.Amount{Minor: 1, Currency: "EUR"})
	require.Error(t, err)
	_, err = most.Times(2)
	require.Error(t, err)
	same, err := most.Times(1)
	require.NoError(t, err)
	require.Equal(t, most, same)
}

// The last amount that is taken, and the first that is not, of each bound.
func TestBounds(t *testing.T) {
	euros := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	for name, c := range map[string]struct {
		amount func() (money.Amount, error)
		want   int64 // -1: refused
	}{
		"a sum that is the most":         {func() (money.Amount, error) { return euros(money.Max - 1).Plus(euros(1)) }, money.Max},
		"a sum of one more":              {func() (money.Amount, error) { return euros(money.Max).Plus(euros(1)) }, -1},
		"a sum with nothing":             {func() (money.Amount, error) { return euros(money.Max).Plus(euros(0)) }, money.Max},
		"a sum":                          {func() (money.Amount, error) { return euros(7).Plus(euros(5)) }, 12},
		"none of something":              {func() (money.Amount, error) { return euros(money.Max).Times(0) }, 0},
		"one of the most":                {func() (money.Amount, error) { return euros(money.Max).Times(1) }, money.Max},
		"a product that is the most":     {func() (money.Amount, error) { return euros(money.Max / 1000).Times(1000) }, money.Max},
		"a product of one more":          {func() (money.Amount, error) { return euros(money.Max/1000 + 1).Times(1000) }, -1},
		"a product":                      {func() (money.Amount, error) { return euros(7).Times(5) }, 35},
		"the highest price":              {price("EUR", 90_000_000_000, 0), 9_000_000_000_000},
		"the highest price but a cent":   {price("EUR", 89_999_999_999, 990_000_000), 8_999_999_999_999},
		"the highest price and a cent":   {price("EUR", 90_000_000_000, 10_000_000), -1},
		"the highest price and a euro":   {price("EUR", 90_000_000_001, 0), -1},
		"a price of nothing":             {price("EUR", 0, 0), 0},
		"a price of less than nothing":   {price("EUR", 0, -10_000_000), -1},
		"a price with most nanos":        {price("EUR", 0, 990_000_000), 99},
		"a price with all nanos":         {price("EUR", 0, 999_999_999), -1},
		"a price with too many nanos":    {price("EUR", 0, 1_000_000_000), -1},
		"the smallest of three decimals": {price("KWD", 0, 1_000_000), 1},
		"less than the smallest":         {price("KWD", 0, 999_999), -1},
		"the most of three decimals":     {price("KWD", 0, 999_000_000), 999},
		"an amount without decimals":     {price("JPY", 1, 0), 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.amount()
			require.Equal(t, c.want < 0, err != nil, "%v", err)
			require.Equal(t, max(c.want, 0), got.Minor)
		})
	}
}

func price(currency string, units int64, nanos int32) func() (money.Amount, error) {
	return func() (money.Amount, error) {
		return money.ParsePrice(&protomoney.Money{CurrencyCode: currency, Units: units, Nanos: nanos})
	}
}

func TestNanosOfTheSmallestUnit(t *testing.T) {
	for currency, want := range map[string]int32{"EUR": 10_000_000, "KWD": 1_000_000} {
		p := money.Amount{Minor: 1, Currency: currency}.Proto()
		require.Zero(t, p.GetUnits())
		require.Equal(t, want, p.GetNanos(), currency)
	}
	require.True(t, proto.Equal(&protomoney.Money{CurrencyCode: "JPY", Units: 1}, money.Amount{Minor: 1, Currency: "JPY"}.Proto()))
	require.True(t, proto.Equal(&protomoney.Money{CurrencyCode: "EUR", Units: 12, Nanos: 340_000_000}, money.Amount{Minor: 1234, Currency: "EUR"}.Proto()))
	require.Nil(t, money.Amount{Minor: 1, Currency: "eur"}.Proto(), "a currency that Parse would not have taken")
}
