package account

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/money"
)

func TestEarned(t *testing.T) {
	for name, test := range map[string]struct {
		goods   money.Amount
		perUnit int64
		want    int64
	}{
		"parts of a point are dropped":      {money.Amount{Minor: 4990, Currency: "EUR"}, 1, 49},
		"parts of a unit count":             {money.Amount{Minor: 4990, Currency: "EUR"}, 10, 499},
		"less than a point":                 {money.Amount{Minor: 99, Currency: "EUR"}, 1, 0},
		"nothing is earned":                 {money.Amount{Minor: 4990, Currency: "EUR"}, 0, 0},
		"a currency without parts":          {money.Amount{Minor: 4990, Currency: "JPY"}, 1, 4990},
		"a currency of three decimals":      {money.Amount{Minor: 4990, Currency: "KWD"}, 7, 34},
		"nothing was said about the goods":  {money.Amount{}, 1000, 0},
		"the most that can be charged":      {money.Amount{Minor: money.Max, Currency: "EUR"}, 100, maxPoints},
		"the most in the smallest currency": {money.Amount{Minor: money.Max, Currency: "JPY"}, 1, maxPoints},
	} {
		got, err := earned(test.goods, test.perUnit)
		require.NoError(t, err, name)
		require.Equal(t, test.want, got, name)
	}
}

// TestEarnedAgreesWithExactArithmetic compares with floor(minor × rate / 10^exponent) in numbers without a limit.
func TestEarnedAgreesWithExactArithmetic(t *testing.T) {
	exponents := map[string]int64{"EUR": 2, "JPY": 0, "KWD": 3}
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		minor := rapid.Int64Range(0, money.Max).Draw(t, "minor")
		perUnit := rapid.Int64Range(0, 1000).Draw(t, "points per unit")

		want := new(big.Int).Mul(big.NewInt(minor), big.NewInt(perUnit))
		want.Div(want, new(big.Int).Exp(big.NewInt(10), big.NewInt(exponents[currency]), nil))

		got, err := earned(money.Amount{Minor: minor, Currency: currency}, perUnit)
		if want.Cmp(big.NewInt(maxPoints)) > 0 {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), got)
	})
}
