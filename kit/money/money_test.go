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
