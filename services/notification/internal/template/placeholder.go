package template

import (
	"fmt"
	"strings"
)

// part is a piece of a text: words, or a field that something stands for.
type part struct{ words, field string }

// parse takes a text apart: {field} stands for a field, {{ and }} for a brace.
func parse(text string) ([]part, error) {
	var parts []part
	var words strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c != '{' && c != '}':
			words.WriteByte(c)
		case i+1 < len(text) && text[i+1] == c:
			words.WriteByte(c)
			i++
		case c == '}':
			return nil, fmt.Errorf("has a } without its {; a brace that is meant to be read is written twice, }}")
		default:
			end := strings.IndexAny(text[i+1:], "{}\n")
			if end < 0 || text[i+1+end] != '}' {
				return nil, fmt.Errorf("has a { without its }; a brace that is meant to be read is written twice, {{")
			}
			if end == 0 {
				return nil, fmt.Errorf("has {} without a field's name in it")
			}
			parts = append(parts, part{words: words.String()}, part{field: text[i+1 : i+1+end]})
			words.Reset()
			i += end + 1
		}
	}
	return append(parts, part{words: words.String()}), nil
}
