package order

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNumbersAreToldApart(t *testing.T) {
	require.Equal(t, 4, checkDigit("572"), "Damm's own example")
	rapid.Check(t, func(t *rapid.T) {
		number := newNumber()
		require.Len(t, number, 10)
		require.NotEqual(t, byte('0'), number[0])
		require.Zero(t, checkDigit(number))
		wrong := []byte(number)
		i := rapid.IntRange(0, 9).Draw(t, "misheard")
		wrong[i] = byte(rapid.SampledFrom([]rune("0123456789")).Draw(t, "as"))
		require.Equal(t, string(wrong) == number, checkDigit(string(wrong)) == 0)
		swapped := []byte(number)
		j := rapid.IntRange(0, 8).Draw(t, "swapped")
		swapped[j], swapped[j+1] = swapped[j+1], swapped[j]
		require.Equal(t, string(swapped) == number, checkDigit(string(swapped)) == 0)
	})
}

func TestSpellingsOfANumber(t *testing.T) {
	for text, key := range map[string]string{
		"#1001": "1001", " 4832-9104 57": "4832910457", "ЦБ-000001": "цб000001", "1501-R": "1501r", "№ 7": "7", "—": "",
	} {
		require.Equal(t, key, NumberKey(text))
	}
}
