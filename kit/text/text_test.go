package text_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/text"
)

func TestWhatNobodyCanSee(t *testing.T) {
	blanks := []string{
		"", " ", "\t", "\n", "\v", "\f", "\r", "\x01", "\x7f", "\u0085", "\u00a0", "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u1680",
		"\u17b4", "\u180e", "\u2000", "\u200a", "\u200b", "\u200d", "\u200f", "\u2028", "\u2029", "\u202e", "\u202f", "\u205f", "\u2060",
		"\u2064", "\u2065", "\u2800", "\u3000", "\u3164", "\ufe0f", "\ufeff", "\uffa0", "\U0001d173", "\U000e0020", "\U000e0100",
	}
	for _, blank := range blanks {
		require.False(t, text.Visible(blank), "%+q", blank)
		require.True(t, text.Visible(blank+"x"+blank), "%+q", blank)
	}
	require.False(t, text.Visible(strings.Join(blanks, "")))
}

func TestWhatCanBeSeen(t *testing.T) {
	for _, seen := range []string{"a", ".", "~", "0", "é", "Ж", "中", "한", "ا", "\u0600", "⠁", "👍", "👩\u200d🚀", "\u0301", "\ufffd", "\u00bf"} {
		require.True(t, text.Visible(seen), "%+q", seen)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point) && r != '\u2800' {
			require.True(t, text.Visible(string(r)), "%U", r)
		}
	}
}

func TestOneLine(t *testing.T) {
	for given, want := range map[string]string{
		"": "", "Olena": "Olena", "  a \r\n\t b\u0085c\u2028d\u2029e ": "a b c d e", "9,90\u00a0€": "9,90\u00a0€", "a\x00b\x7fc": "a b c",
		"a\xffb": "a\uFFFDb", "\n\n": "",
	} {
		require.Equal(t, want, text.OneLine(given), "%+q", given)
	}
}
