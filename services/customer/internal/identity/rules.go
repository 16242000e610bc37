package identity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	kittext "kept.dev/kit/text"
)

// plain takes from a text what makes no difference to who is meant: full-width letters and signs become plain ones, spaces
// of every sort become spaces, and marks that nobody sees, such as those that come along when a number is copied, go. The
// two joiners stay, since some scripts tell words apart by them.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Join_Control, r):
			return r
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, width.Fold.String(text))
}

// unbracketed takes the value out of "Anna <…>".
func unbracketed(text string) string {
	if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		return strings.TrimSpace(text[open+1 : len(text)-1])
	}
	return text
}

// looksLikeEmail guesses what a value is of which nobody says it.
func looksLikeEmail(value string) bool {
	text := plain(value)
	return strings.ContainsRune(text, '@') && !sip.MatchString(text)
}

// readExternalID takes the spaces from around an id. How the id itself is spelled is the other system's business.
func readExternalID(value string) (string, bool) {
	value = norm.NFC.String(strings.TrimSpace(value))
	return value, kittext.Visible(value)
}
