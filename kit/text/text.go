// Package text knows what people see of a text.
package text

import (
	"strings"
	"unicode"
)

// Visible tells whether a person can see anything of the text. Spaces of every sort, control and format characters, and whatever else
// Unicode leaves without a picture, such as a zero-width space, a soft hyphen, a Hangul filler or a blank braille pattern, is nothing.
func Visible(s string) bool { return strings.ContainsFunc(s, visible) }

func visible(r rune) bool {
	if r < unicode.MaxASCII { // nearly always
		return r > ' '
	}
	return r != brailleBlank && !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Z, r) && !ignorable(r)
}

// brailleBlank is a symbol by its category, of six dots of which none is raised.
const brailleBlank = '\u2800'

// ignorable is Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), and the format characters that are not in it for other
// reasons than that they could be seen.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// OneLine makes one line of a text: line breaks and other control characters are spaces, of spaces that follow each other one stays, and
// none is at an end. A space that must not break stays. What is not UTF-8 is replaced.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), breaks), " ")
}

func breaks(r rune) bool { return r == ' ' || r == '\u2028' || r == '\u2029' || unicode.IsControl(r) }
