package identity

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOneAddressInManySpellings(t *testing.T) {
	for _, spelling := range []string{
		"anna.k@example.org", "ANNA.K@EXAMPLE.ORG", "Anna.K@Example.Org", "  anna.k@example.org ", "\tanna.k@example.org\r\n", "\u00a0anna.k@example.org\u3000",
		"<anna.k@example.org>", "Anna K. <anna.k@example.org>", `"Kovalenko, Anna" <Anna.K@example.org>`, "Анна <anna.k@example.org>", "< anna.k@example.org >",
		"mailto:anna.k@example.org", "MAILTO:Anna.K@example.org", "mailto:anna.k@example.org?subject=Hello%20there", "mailto:anna%2ek%40example.org", "<mailto:anna.k@example.org>",
		"anna.k@example.org.", "anna.k@example。org", "anna.k @ example.org", "anna.k@example.org,", "anna.k@example.org;",
		"ａｎｎａ．ｋ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ＡＮＮＡ.k@example.org", "\u200banna.k\u2060@example.org\ufeff", "\u202aanna.k@example.org\u202c", `"anna.k"@example.org`,
	} {
		email, ok := ReadEmail(spelling)
		require.True(t, ok, "%q", spelling)
		require.Equal(t, "anna.k@example.org", email.Value, "%q", spelling)
	}
}

func TestReadEmail(t *testing.T) {
	for name, test := range map[string]struct{ text, spelled, value string }{
		"capitals stay as spelled":       {"Anna <Anna.K@Example.ORG>", "Anna.K@Example.ORG", "anna.k@example.org"},
		"a domain in another script":     {"anna@BÜCHER.example", "anna@bücher.example", "anna@xn--bcher-kva.example"},
		"the same in punycode":           {"anna@XN--Bcher-KVA.example", "anna@XN--Bcher-KVA.example", "anna@xn--bcher-kva.example"},
		"the same decomposed":            {"anna@bu\u0308cher.example.", "anna@bücher.example", "anna@xn--bcher-kva.example"},
		"Cyrillic throughout":            {"Анна@Почта.рф", "Анна@почта.рф", "анна@xn--80a1acny.xn--p1ai"},
		"a sharp s is not two":           {"anna@straße.example", "anna@straße.example", "anna@xn--strae-oqa.example"},
		"a local part composed":          {"rene\u0301@example.org", "rené@example.org", "rené@example.org"},
		"dots count":                     {"an.na@gmail.com", "an.na@gmail.com", "an.na@gmail.com"},
		"a dotted capital is no i":       {"İ@example.org", "İ@example.org", "İ@example.org"},
		"nor is a small one without dot": {"ı@example.org", "ı@example.org", "ı@example.org"},
		"tags count":                     {"anna+shop@gmail.com", "anna+shop@gmail.com", "anna+shop@gmail.com"},
		"all signs of an atom":           {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
		"a host of the house":            {"root@localhost", "root@localhost", "root@localhost"},
		"a word with joiners in domain":  {"anna@نامه\u200cای.example", "anna@نامه\u200cای.example", "anna@xn--mgba3gch31f060k.example"},

		"empty":                  {"", "", ""},
		"no address":             {"anna", "", ""},
		"no local part":          {"@example.org", "", ""},
		"no domain":              {"anna@", "", ""},
		"a dot for a domain":     {"anna@.", "", ""},
		"two at":                 {"anna@b@example.org", "", ""},
		"two addresses":          {"anna@example.org, ben@example.org", "", ""},
		"a space within":         {"an na@example.org", "", ""},
		"a line within":          {"anna\r\nbcc:ben@example.org", "", ""},
		"dots side by side":      {"anna..k@example.org", "", ""},
		"a dot first":            {".anna@example.org", "", ""},
		"a dot last":             {"anna.@example.org", "", ""},
		"two dots at the end":    {"anna@example.org..", "", ""},
		"an empty label":         {"anna@example..org", "", ""},
		"an underscore host":     {"anna@ex_ample.org", "", ""},
		"a hyphen first":         {"anna@-example.org", "", ""},
		"punycode of nothing":    {"anna@xn--zz--.example", "", ""},
		"a literal":              {"anna@[192.0.2.1]", "", ""},
		"quotes that matter":     {`"anna k"@example.org`, "", ""},
		"a control character":    {"an\x07na@example.org", "", ""},
		"not UTF-8":              {"an\xffna@example.org", "", ""},
		"a joiner in local part": {"an\u200dna@example.org", "", ""},
		"a bad escape":           {"mailto:anna%zz@example.org", "", ""},
		"a long local part":      {strings.Repeat("a", 65) + "@example.org", "", ""},
		"a long label":           {"anna@" + strings.Repeat("a", 64) + ".org", "", ""},
		"a long domain":          {"anna@" + strings.Repeat("abcdefg.", 32) + "org", "", ""},
	} {
		email, ok := ReadEmail(test.text)
		require.Equal(t, Email{test.spelled, test.value}, email, name)
		require.Equal(t, test.value != "", ok, name)
	}
}

func TestNoiseDoesNotChangeAnAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain, ok := ReadEmail(rapid.StringMatching(`[a-zé0-9+_-]{1,8}(\.[a-z]{1,8})?@[a-zäж0-9]{1,8}\.(org|рф|example)`).Draw(t, "address"))
		if !ok {
			t.Skip("no address")
		}
		text := plain.Spelled
		if rapid.Bool().Draw(t, "in ASCII") {
			text = plain.Value
		}
		if rapid.Bool().Draw(t, "in capitals") {
			text = strings.ToUpper(text)
		}
		if rapid.Bool().Draw(t, "full-width") {
			text = strings.Map(widen, text)
		}
		around := rapid.SampledFrom([]string{"%", " % ", "<%>", "Anna <%>", `"K., Anna" < % >`, "%.", "<%.>", "\ufeff%", "%\r\n", "%,", "mailto:%"})
		got, ok := ReadEmail(strings.Replace(around.Draw(t, "around"), "%", text, 1))
		require.True(t, ok, "%q", text)
		require.Equal(t, plain.Value, got.Value)
	})
}

// widen gives ASCII its full width.
func widen(r rune) rune {
	if r > ' ' && r <= '~' {
		return r - '!' + '！'
	}
	return r
}

func FuzzReadEmail(f *testing.F) {
	for _, text := range []string{"anna@example.org", "Anna <A@B.c>", "mailto:a%40b.c?x", "анна@почта.рф", `"a"@b.`, "a@xn--bcher-kva", "ａ＠ｂ。ｃ", "İ@ß.K"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		email, ok := ReadEmail(text)
		require.Equal(t, ok, email != Email{})
		if !ok {
			return
		}
		require.True(t, utf8.ValidString(email.Spelled) && utf8.ValidString(email.Value))
		require.LessOrEqual(t, max(len(email.Spelled), len(email.Value)), maxEmail)
		again, ok := ReadEmail(email.Value)
		require.True(t, ok && again.Value == email.Value && again.Spelled == email.Value, "%q, then %q", email, again)
		again, ok = ReadEmail(email.Spelled)
		require.True(t, ok && again == email, "%q, then %q", email, again)
	})
}
