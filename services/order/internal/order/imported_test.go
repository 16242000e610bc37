package order

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEvenlyLosesNoCent(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		quantity := rapid.Int64Range(1, 1_000_000).Draw(r, "quantity")
		amount := rapid.Int64Range(0, 9_000_000_000_000_000).Draw(r, "amount")
		var units, sum int64
		shares := evenly(quantity, amount)
		for _, s := range shares {
			require.Positive(r, s.quantity)
			require.InDelta(r, amount/quantity, s.price, 1)
			units += s.quantity
			sum += s.quantity * s.price
		}
		require.Equal(r, quantity, units)
		require.Equal(r, amount, sum)
		require.LessOrEqual(r, len(shares), 2)
	})
}
