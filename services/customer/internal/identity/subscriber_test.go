package identity

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNumbersOfOneSubscriber: whichever of them is written, it is the same customer's.
func TestNumbersOfOneSubscriber(t *testing.T) {
	for region, groups := range map[string][][]string{
		"MX": {{"+52 55 1234 5670", "+52 1 55 1234 5670", "044 55 1234 5670", "045 55 1234 5670", "01 55 1234 5670", "55 1234 5670"}},
		"BR": {
			{"+55 11 98765-4321", "+55 11 8765-4321", "(11) 98765-4321", "(11) 8765-4321", "0 11 98765-4321"},
			{"+55 11 2345-6789", "(11) 2345-6789"},
		},
		"AR": {{"+54 9 11 2345-6789", "+54 11 2345-6789", "011 15-2345-6789", "11 2345-6789"}},
		"UA": {{"+380 44 123-45-67", "044 1234567"}},
	} {
		seen := map[string]string{}
		for _, group := range groups {
			first, ok := read(2, "", group[0], region)
			require.True(t, ok, group[0])
			require.Empty(t, seen[first.Value], "another subscriber's")
			for _, text := range group {
				key, ok := read(2, "", text, region)
				require.True(t, ok, text)
				require.Equal(t, first, key, text)
				again, ok := read(2, "", key.Value, "")
				require.True(t, ok, text)
				require.Equal(t, key, again, "what is compared is a number by itself")
			}
			seen[first.Value] = group[0]
		}
	}
	shown, ok := ReadPhone("+54 9 11 2345-6789", "")
	require.True(t, ok)
	require.Equal(t, "+5491123456789", shown, "it is shown as it was given")
}

func TestWhatStandsForNoneIsNoIdentity(t *testing.T) {
	for _, text := range []string{
		"noemail@example.org", "NoEmail@shop.com", "none@none.com", "anna@none.com", "test@test.com", "no-reply@example.com", "unknown@example.org",
	} {
		_, ok := ReadEmail(text)
		require.False(t, ok, text)
	}
	for _, text := range []string{"0000000000", "000 000 0000", "111-111-1111", "1234567890", "+1 999 999 9999", "+380 000000000"} {
		_, ok := ReadPhone(text, "US")
		require.False(t, ok, text)
	}
	for _, text := range []string{"nonna@example.org", "nathan@none.org", "test@example.org", "testing@test.com", "anna@example.com"} {
		_, ok := ReadEmail(text)
		require.True(t, ok, text)
	}
	for _, text := range []string{"+1 202 555 0100", "+380 44 444 44 45", "+1 212 222 2222"} {
		_, ok := ReadPhone(text, "US")
		require.True(t, ok, text)
	}
}
