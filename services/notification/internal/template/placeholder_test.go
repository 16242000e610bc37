package template

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]part{
		"":                   {{}},
		"plain":              {{words: "plain"}},
		"{order}":            {{}, {field: "order"}, {}},
		"a {b} c{d.e}":       {{words: "a "}, {field: "b"}, {words: " c"}, {field: "d.e"}, {}},
		"{{order}}":          {{words: "{order}"}},
		"{{{order}}}":        {{words: "{"}, {field: "order"}, {words: "}"}},
		"Привіт, {name}: {{": {{words: "Привіт, "}, {field: "name"}, {words: ": {"}},
	} {
		t.Run(text, func(t *testing.T) {
			parts, err := parse(text)
			require.NoError(t, err)
			require.Equal(t, want, parts)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for text, fault := range map[string]string{
		"{": "a { without", "a } b": "a } without", "{order": "a { without", "{or{der}": "a { without", "{or\nder}": "a { without",
		"{}": "without a field's name", "{{}": "a } without", "}}}": "a } without",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parse(text)
			require.ErrorContains(t, err, fault)
		})
	}
}

// Whatever the text is, its parts put together again are the text, and a text whose braces are doubled is words alone.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "{a}", "{{a}}", "x{a.b}y}}", "{", "}{", "{\n}", "Ж{ж}"} {
		f.Add(seed)
	}
	escape := strings.NewReplacer("{", "{{", "}", "}}")
	f.Fuzz(func(t *testing.T, text string) {
		if parts, err := parse(text); err == nil {
			var again strings.Builder
			for _, p := range parts {
				again.WriteString(escape.Replace(p.words))
				if p.field != "" {
					again.WriteString("{" + p.field + "}")
				}
			}
			require.Equal(t, text, again.String())
		}
		parts, err := parse(escape.Replace(text))
		require.NoError(t, err)
		require.Equal(t, []part{{words: text}}, parts)
	})
}
