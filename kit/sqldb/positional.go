package sqldb

import (
	"strconv"
	"strings"
)

// positional writes ? for $1, $2, … where each of them comes once and in this order, and leaves every other text as it is. The
// SQLite driver finds a numbered parameter by comparing its name with that of all others, which for a statement of a thousand
// costs more than the statement.
func positional(text string) string {
	var out strings.Builder
	rest, quoted, n := text, false, 0
	for i := strings.IndexAny(rest, "$'"); i >= 0; i = strings.IndexAny(rest, "$'") {
		out.WriteString(rest[:i])
		sign := rest[i]
		rest = rest[i+1:]
		if sign == '\'' || quoted {
			quoted = quoted != (sign == '\'')
			out.WriteByte(sign)
			continue
		}
		n++
		number := digits(rest)
		if number != strconv.Itoa(n) {
			return text
		}
		out.WriteByte('?')
		rest = rest[len(number):]
	}
	return out.String() + rest
}

// digits are those that the text begins with.
func digits(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
}
